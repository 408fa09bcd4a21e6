import { execFile } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an engine that was taken over may leave in the place of a file. `target` is a file that it must not have. */
export const oddThings: readonly [string, (path: string, target: string) => Promise<unknown>][] = [
  ['a link', (path, target) => symlink(target, path)],
  ['a pipe', (path) => run('mkfifo', [path])],
  ['a folder', (path) => mkdir(path)],
];

/** Puts one of them where a file is. */
export async function replace(path: string, target: string, put = oddThings[0]?.[1]): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await put?.(path, target);
}
