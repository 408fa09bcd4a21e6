import { limits } from '../protocol/limits.ts';

/** As many lines of a list as fit on a page, and whether there are more. */
export function page<T>(lines: Iterable<T>, limit: number): { lines: T[]; more: boolean } {
  const taken: T[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    if (taken.length >= limit || bytes > limits.pageBytes) return { lines: taken, more: true };
    taken.push(line);
  }
  return { lines: taken, more: false };
}
