import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build as esbuild } from 'esbuild';
import { build } from './build.ts';
import { writeTypes } from './package-types.ts';

/**
 * Makes what is published, in `dist/package`, and packs it: the construct, the client library and two commands as JavaScript
 * (Node strips no types below `node_modules`), with all that the construct deploys. `npm run package`
 */

const root = new URL('../', import.meta.url);
const path = (relative: string) => fileURLToPath(new URL(relative, root));
const target = 'dist/package';
const own = JSON.parse(await readFile(path('package.json'), 'utf8'));

const manifest = {
  name: own.name,
  version: own.version,
  description: own.description,
  license: own.license,
  engines: own.engines,
  exports: {
    '.': { types: './client/types/lib/client/index.d.ts', default: './client/index.js' },
    './node-transport': {
      types: './client/types/lib/client/node-transport.d.ts',
      default: './client/node-transport.js',
    },
    './cdk': { types: './cdk/types/infra/index.d.ts', default: './cdk/index.js' },
    './package.json': './package.json',
  },
  bin: { 'patchbay-smoke': './client/smoke.js', 'patchbay-token': './client/token.js' },
  sideEffects: false,
  // The client's; what is deployed carries all that it needs.
  dependencies: pick(own.dependencies, 'ws', 'zod'),
  peerDependencies: pick(own.devDependencies, 'aws-cdk-lib', 'constructs'),
  peerDependenciesMeta: { 'aws-cdk-lib': { optional: true }, constructs: { optional: true } },
};

/** What is deployed, in the places where `assets.ts` looks for it. */
const deployed = ['dist/functions', 'console/dist', 'infra/containers'];
const texts = ['README.md', 'CHANGELOG.md', 'LICENSE', 'docs'];

const common: BuildOptions = {
  absWorkingDir: path('.'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Whatever else the client needs is small, and goes with it.
  external: ['aws-cdk-lib', 'constructs', 'ws', 'zod', '@roamhq/wrtc', '@aws-sdk/client-secrets-manager'],
  logLevel: 'error',
};

// `--built`: what is there already is packed.
if (!process.argv.includes('--built')) await build();
await rm(path(target), { recursive: true, force: true });
await mkdir(path(target), { recursive: true });
for (const name of [...deployed, ...texts]) await cp(path(name), path(`${target}/${name}`), { recursive: true });
// CDK apps are CommonJS as often as not; both can load this.
await esbuild({
  ...common,
  format: 'cjs',
  entryPoints: ['infra/index.ts'],
  outfile: `${target}/cdk/index.js`,
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
});
await esbuild({
  ...common,
  format: 'esm',
  splitting: true,
  entryPoints: {
    index: 'lib/client/index.ts',
    'node-transport': 'lib/client/node-transport.ts',
    smoke: 'lib/smoke/main.ts',
    token: 'infra/token.ts',
  },
  outdir: `${target}/client`,
});
for (const command of ['smoke', 'token']) {
  const file = path(`${target}/client/${command}.js`);
  await writeFile(file, `#!/usr/bin/env node\n${await readFile(file, 'utf8')}`, { mode: 0o755 });
}
await writeTypes('infra/tsconfig.json', ['infra/index.ts'], `${target}/cdk/types`);
await writeTypes(
  'test/tsconfig.json',
  ['lib/client/index.ts', 'lib/client/node-transport.ts'],
  `${target}/client/types`,
);
await writeFile(path(`${target}/client/package.json`), JSON.stringify({ type: 'module' }));
await writeFile(path(`${target}/package.json`), `${JSON.stringify(manifest, null, 2)}\n`);

execFileSync('npm', ['pack', '--silent', '--pack-destination', path('dist')], { cwd: path(target), stdio: 'inherit' });

function pick(from: Record<string, string>, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? '']));
}
