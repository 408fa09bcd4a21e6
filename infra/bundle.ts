import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** Makes the Lambda bundles: one for each file of `functions/`, all in one run of esbuild. */

const root = new URL('../', import.meta.url);
const functionsDir = new URL('functions/', root);

/** `connect`, `session/create` … : the path below `functions/` without its ending. */
export async function functionNames(): Promise<string[]> {
  const files = await readdir(functionsDir, { recursive: true });
  const sources = files.filter((file) => file.endsWith('.ts'));
  return sources.map((file) => file.slice(0, -3)).sort();
}

/** The SDK's clients import their whole package.json to say their version. */
const versionsOnly: Plugin = {
  name: 'versions-only',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/.*\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

const options: BuildOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The SDK's own ES modules: its default entry is CommonJS, which cannot be shaken.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  outExtension: { '.js': '.mjs' },
  // A Lambda's credentials are in its environment: the chain that also asks files, SSO and metadata is dead weight. The same goes for
  // endpoint discovery.
  alias: {
    '@aws-sdk/credential-provider-node': fileURLToPath(new URL('infra/lambda-credentials.ts', root)),
    '@aws-sdk/endpoint-cache': fileURLToPath(new URL('infra/lambda-endpoint-cache.ts', root)),
  },
  // The SDK imports this when an operation streams events: none of DynamoDB's does.
  external: ['@smithy/core/event-streams'],
  // CommonJS within an ES module still calls require.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  legalComments: 'none',
  plugins: [versionsOnly],
  logLevel: 'error',
};

/** @returns bytes of each bundle, by function name */
export async function bundleFunctions(outDir: string): Promise<Map<string, number>> {
  const names = await functionNames();
  const result = await build({
    ...options,
    absWorkingDir: fileURLToPath(root),
    entryPoints: Object.fromEntries(names.map((name) => [name, `functions/${name}.ts`])),
    outdir: outDir,
    metafile: true,
  });
  const sizes = Object.values(result.metafile.outputs).flatMap(({ entryPoint, bytes }) =>
    entryPoint === undefined ? [] : [[entryPoint.replace(/^functions\/|\.ts$/g, ''), bytes] as const],
  );
  return new Map(sizes.sort(([a], [b]) => (a < b ? -1 : 1)));
}
