import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: of the sources, or of the package as it is installed. */
const root = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  if (dirname(from) === from) throw new Error('patchbay: its package.json is not there');
  return findRoot(dirname(from));
}

/**
 * A folder of what is deployed, made by `npm run build` or published with the package.
 *
 * @throws Error that says how to make it
 */
export function asset(...path: string[]): string {
  const found = join(root, ...path);
  if (!existsSync(found)) throw new Error(`patchbay: ${found} is not there; npm run build makes it`);
  return found;
}
