import type { Stats } from 'node:fs';
import { type FileHandle, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openFile, placeOf } from '../recordings/no-links.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mkv': 'video/x-matroska',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wav': 'audio/wav',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

export interface StaticFile {
  readonly path: string;
  readonly stats: Stats;
  readonly handle: FileHandle;
}

/**
 * Opens the file for a URL path below a folder. Undefined when there is none, when the path leads out of the folder by `..` or an
 * encoded slash, or when a symbolic link is on the way.
 */
export async function openBelow(dir: string, urlPath: string): Promise<StaticFile | undefined> {
  try {
    const name = decodeURIComponent(urlPath);
    if (name.includes('\0') || name.includes('\\')) return undefined;
    const root = await realpath(dir);
    const path = join(root, name);
    if (!path.startsWith(root + sep)) return undefined;
    const handle = await openFile(path);
    if ((await placeOf(handle, path)) === path) return { path, stats: await handle.stat(), handle };
    await handle.close();
    return undefined;
  } catch {
    return undefined;
  }
}

/**
 * Answers a GET or HEAD with a file: type, ETag and 304, and one byte range, without which browsers can't seek in a
 * recording. Closes it.
 */
export async function sendFile(
  file: StaticFile,
  cacheControl: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await send(file, cacheControl, request, response);
  } finally {
    await file.handle.close();
  }
}

async function send(
  { path, stats, handle }: StaticFile,
  cacheControl: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const etag = `W/"${stats.size.toString(36)}-${Math.floor(stats.mtimeMs).toString(36)}"`;
  response.setHeader('cache-control', cacheControl);
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', 'bytes');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const range = parseRange(request.headers.range, stats.size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${stats.size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: stats.size - 1 };
  response.setHeader('content-type', CONTENT_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream');
  response.setHeader('content-length', end - start + 1);
  if (range !== undefined) response.setHeader('content-range', `bytes ${start}-${end}/${stats.size}`);
  response.writeHead(range === undefined ? 200 : 206);
  if (request.method === 'HEAD' || stats.size === 0) response.end();
  else await pipeline(handle.createReadStream({ start, end }), response);
}

/** Undefined: send it whole, as for every form but a single range. */
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}
