import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build as vite } from 'vite';
import { bundleFunctions } from './bundle.ts';
import { bundleController } from './bundle-controller.ts';

/** Makes what is deployed: the functions' bundles, the controller's, and the console. */

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

export async function build({ fresh = true }: { readonly fresh?: boolean } = {}): Promise<void> {
  await Promise.all([bundleFunctions(path('dist/functions')), bundleController()]);
  if (fresh || !existsSync(path('console/dist/index.html'))) {
    await vite({ root: path('console'), configFile: path('console/vite.config.ts'), logLevel: 'warn' });
  }
}

if (import.meta.main) await build();
