import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

/**
 * Makes what the controller's image runs, in the folder that its Dockerfile takes it from: `node infra/bundle-controller.ts`.
 * Bundles, since Node strips no types below `node_modules`, where the published package lies.
 */

const root = new URL('../', import.meta.url);
const containersDir = fileURLToPath(new URL('infra/containers/controller/dist', root));

const options: BuildOptions = {
  absWorkingDir: fileURLToPath(root),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  // Log lines and stacks name what the source names.
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  sourcesContent: false,
  // CommonJS within an ES module still calls require, and asks where it is.
  banner: {
    js: [
      "import{createRequire}from'node:module';",
      "import{fileURLToPath as toPath}from'node:url';",
      "import{dirname as toFolder}from'node:path';",
      'const require=createRequire(import.meta.url);',
      'const __filename=toPath(import.meta.url);',
      'const __dirname=toFolder(__filename);',
    ].join(''),
  },
  // Faster ways that `ws` tries, and does without.
  external: ['bufferutil', 'utf-8-validate'],
  legalComments: 'linked',
  logLevel: 'error',
};

/** `main.mjs`, the controller, and `configure.mjs`, what comes before it. */
export async function bundleController(outDir = containersDir): Promise<void> {
  await build({
    ...options,
    entryPoints: { main: 'lib/controller/main.ts', configure: 'lib/configure/main.ts' },
    outdir: outDir,
  });
}

if (import.meta.main) await bundleController();
