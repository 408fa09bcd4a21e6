import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tokenVerifier } from '../../lib/authorize/token.ts';
import { functionNames } from '../../lib/command/needs.ts';
import { Template } from './support/template.ts';

/** What is published, packed and installed into somebody else's empty app. */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
let app: string;

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'patchbay-app-'));
  // What is deployed was built for all tests, and others are looking at it.
  await run('npm', ['run', 'package', '--', '--built'], { cwd: root });
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  const tarball = join(
    root,
    'dist',
    `patchbay-${JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version}.tgz`,
  );
  const flags = ['--prefer-offline', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, tarball], { cwd: app });
  // 160 MB that are here already.
  for (const name of ['aws-cdk-lib', 'constructs']) {
    await symlink(join(root, 'node_modules', name), join(app, 'node_modules', name));
  }
}, 240_000);
afterAll(() => rm(app, { recursive: true, force: true }));

const stack = `
  import { App, Stack, type StackProps } from 'aws-cdk-lib';
  import type { Construct } from 'constructs';
  import { Patchbay, type PatchbayProps } from 'patchbay/cdk';

  class Mine extends Stack {
    constructor(scope: Construct, id: string, props?: StackProps) {
      super(scope, id, props);
      const options: PatchbayProps = { stage: 'test', minNodes: 0, console: true };
      const calls = new Patchbay(this, 'Calls', options);
      calls.eventBus.eventBusName satisfies string;
    }
  }
  const app = new App({ outdir: process.env.OUT });
  new Mine(app, 'Mine');
  app.synth();
`;

/** Compiles with full strictness, and without a look away from the library's own types. */
async function compile(file: string, text: string): Promise<void> {
  await writeFile(join(app, file), text);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noUncheckedIndexedAccess: true,
    lib: ['es2024', 'dom'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const { stdout } = await run('tsc', ['-p', 'tsconfig.json'], { cwd: app }).catch((error: unknown) => ({
    stdout: String(Reflect.get(Object(error), 'stdout')),
  }));
  expect(stdout).toBe('');
}

test.each(['app.cts', 'app.mts'])(
  'new Patchbay(…) synthesizes in an app of its own: %s',
  async (file) => {
    await compile(file, stack);
    const out = join(app, `out-${file}`);
    const { HOME = '', PATH = '' } = process.env;
    await run(process.execPath, [file.replace('ts', 'js')], { cwd: app, env: { HOME, PATH, OUT: out } });
    const files = await readdir(out);
    const nested = files.filter((name) => name.endsWith('.nested.template.json'));
    expect(nested).toHaveLength(1);
    const template = new Template(await readFile(join(out, String(nested[0])), 'utf8'));
    const functions = template.ofType('Lambda::Function').map(({ Properties }) => String(Properties.Description));
    for (const name of functionNames) expect(functions).toContain(`patchbay ${name}`);
  },
  60_000,
);

test('the client library is there, with its types, for import and require', async () => {
  const uses = `
    import { PatchbayClient, startCall } from 'patchbay';
    import { nodeTransport } from 'patchbay/node-transport';
    const client = new PatchbayClient({ url: 'ws://localhost:9/ws', transport: nodeTransport });
    const list = async () => (await client.request('session/get_list', { limit: 1 })).sessions[0]?.session_id satisfies string | undefined;
    console.log(typeof list, typeof startCall);
  `;
  await compile('client.mts', uses);
  expect((await run(process.execPath, ['client.mjs'], { cwd: app })).stdout).toBe('function function\n');
  const required = "console.log(Object.keys(require('patchbay')).includes('PatchbayClient'))";
  expect((await run(process.execPath, ['-e', required], { cwd: app })).stdout).toBe('true\n');
}, 180_000);

test('the smoke command says what it wants', async () => {
  const { stdout, stderr } = await run('npx', ['--no-install', 'patchbay-smoke', '--help'], { cwd: app }).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  expect(stdout + stderr).toContain('--url');
});

test('the token command signs with a secret that it is given', async () => {
  const { HOME = '', PATH = '' } = process.env;
  const env = { HOME, PATH, PATCHBAY_JWT_SECRET: 'a secret of at least thirty-two characters' };
  const { stdout } = await run('npx', ['--no-install', 'patchbay-token', '--stage', 'test', '--tenant', 'acme'], {
    cwd: app,
    env,
  });
  const verify = tokenVerifier({ ...env, PATCHBAY_JWT_ISSUER: 'patchbay', PATCHBAY_JWT_AUDIENCE: 'patchbay-test' });
  expect(await verify(stdout.trim())).toMatchObject({
    sub: 'smoke',
    tenant: 'acme',
    scope: 'media:session media:room',
  });
});

test('what its README leads to in docs is there', async () => {
  const folder = join(app, 'node_modules', 'patchbay');
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, link = '']) => link);
  expect(links).toContain('docs/protocol.md');
  for (const link of links) await expect(readFile(join(folder, link), 'utf8'), link).resolves.not.toBe('');
});

test('nothing else is installed with it than the client needs', async () => {
  const names = (await readdir(join(app, 'node_modules'))).filter((name) => !name.startsWith('.'));
  expect(names.sort()).toEqual(['aws-cdk-lib', 'constructs', 'patchbay', 'ws', 'zod']);
});
