import { readdir, readFile, rm } from 'node:fs/promises';
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

/** What the SDK has for other surroundings: SHA-256 without native code, the region asked of EC2. Lambda has both. */
const lambdaOnly: Plugin = {
  name: 'lambda-only',
  setup({ onLoad }) {
    onLoad({ filter: /@smithy\/core\/.*\/(Sha256Js|getInstanceMetadataRegion)\.js$/ }, () => ({
      contents: 'export class Sha256Js {}\nexport const getInstanceMetadataRegion = async () => undefined;',
    }));
  },
};

/** `import` of Node's HTTP in an ES module loads all that it exports, a WebSocket and its undici too: 10 ms that `require` does not take. */
const httpRequired: Plugin = {
  name: 'http-required',
  setup({ onResolve, onLoad }) {
    const namespace = 'required';
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, namespace: from }) =>
      from === namespace ? { path, external: true } : { path, namespace },
    );
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** Node reads a bundle's source map when it loads it: with what is not ours left out, a fifth of it is left. */
const ownSourceMaps: Plugin = {
  name: 'own-source-maps',
  setup({ onLoad }) {
    const nothing = Buffer.from('{"version":3,"sources":["packages"],"names":[],"mappings":"AAAA"}').toString('base64');
    onLoad({ filter: /node_modules\/.*\.m?js$/ }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}\n//# sourceMappingURL=data:application/json;base64,${nothing}`,
    }));
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
  // Beside the bundle, without the sources' text: where an error comes from is worth its bytes on disk, not in memory.
  sourcemap: 'linked',
  sourcesContent: false,
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
  plugins: [versionsOnly, lambdaOnly, httpRequired, ownSourceMaps],
  logLevel: 'error',
};

/** @returns bytes of each bundle, by function name */
export async function bundleFunctions(outDir: string): Promise<Map<string, number>> {
  const names = await functionNames();
  return bundle(Object.fromEntries(names.map((name) => [name, `functions/${name}.ts`])), outDir);
}

/**
 * Makes `NAME/index.mjs` of each source, in a folder that has nothing else then.
 *
 * @returns bytes of each bundle, by its source without folder and ending
 */
export async function bundle(sources: Readonly<Record<string, string>>, outDir: string): Promise<Map<string, number>> {
  await rm(outDir, { recursive: true, force: true });
  const result = await build({
    ...options,
    absWorkingDir: fileURLToPath(root),
    entryPoints: Object.fromEntries(Object.entries(sources).map(([name, source]) => [`${name}/index`, source])),
    outdir: outDir,
    metafile: true,
  });
  const sizes = Object.values(result.metafile.outputs).flatMap(({ entryPoint, bytes }) =>
    entryPoint === undefined ? [] : [[entryPoint.replace(/^functions\/|\.ts$/g, ''), bytes] as const],
  );
  return new Map(sizes.sort(([a], [b]) => (a < b ? -1 : 1)));
}
