import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
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
 * A folder of what is deployed, made by `npm run build` or published with the package, and readable by all.
 *
 * @throws Error that says how to make it
 */
export function asset(...path: string[]): string {
  const found = join(root, ...path);
  if (!existsSync(found)) throw new Error(`patchbay: ${found} is not there; npm run build makes it`);
  letAllRead(found);
  return found;
}

/**
 * What was made or unpacked with a narrow umask would be deployed so, and neither Lambda's user nor that of the images is the one who
 * deploys.
 */
export function letAllRead(path: string): void {
  const found = statSync(path);
  const bits = found.isDirectory() || found.mode & 0o111 ? 0o555 : 0o444;
  if ((found.mode & bits) !== bits) chmodSync(path, (found.mode & 0o7777) | bits);
  if (found.isDirectory()) for (const name of readdirSync(path)) letAllRead(join(path, name));
}
