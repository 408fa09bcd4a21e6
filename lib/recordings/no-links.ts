import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, readdir, readlink, realpath, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Engines write to the recordings' disk, and may have been taken over by what they are sent. What they leave there is taken for
 * what it is, never for what a link says: the controller can read more than they can.
 */
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** What no engine of ours leaves: a link, a pipe or a folder in a file's place, a manifest that is none. It stays what it is. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** Where an open file or folder lies, whatever has been put since into the place from which it was opened. */
export const placeOf = ({ fd }: FileHandle, path: string): Promise<string> =>
  readlink(`/proc/self/fd/${fd}`).catch(() => realpath(path));

/**
 * Opens a regular file to read it. That its folder is the right one is for the caller to see to.
 *
 * @throws RefusedError when it is none
 */
export async function openFile(path: string): Promise<FileHandle> {
  // Without O_NONBLOCK a pipe would be waited for, in a thread that others need.
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(
    refusing(['ELOOP', 'ENXIO'], `${basename(path)} is no file`),
  );
  try {
    if ((await file.stat()).isFile()) return file;
    throw new RefusedError(`${basename(path)} is no file`);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws RefusedError when it is no regular file */
export async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await openFile(path);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/**
 * Holds a folder of `dir` open: the path that `work` gets leads to this one for as long as it runs, also when another is put in
 * its place. Links are followed above `dir` only.
 *
 * @throws RefusedError when it, or `dir`, is a link
 */
export async function withFolder<T>(dir: string, name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const path = join(await realpath(dirname(dir)), basename(dir), name);
  const folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(
    refusing(['ELOOP', 'ENOTDIR'], `${path} is no folder`),
  );
  try {
    if ((await placeOf(folder, path)) !== path) throw new RefusedError(`a link leads to ${path}`);
    const held = `/proc/self/fd/${folder.fd}`;
    return await work(existsSync(held) ? held : path);
  } finally {
    await folder.close();
  }
}

/** Deletes the files of a folder. In one of recordings there are no others in it: such stay, and are an error. */
export async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await unlink(join(folder, name));
}

/** @throws RefusedError when it is a link; Error when something in it is no file */
export async function removeFolder(dir: string, name: string): Promise<void> {
  await withFolder(dir, name, emptyFolder);
  await rmdir(join(dir, name));
}

export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.some((code) => code === error.code);

const refusing = (codes: string[], message: string) => (cause: unknown) => {
  throw hasCode(cause, ...codes) ? new RefusedError(message, { cause }) : cause;
};
