import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** What an object must be equal to. */
export interface FileSum {
  readonly bytes: number;
  /** As S3 writes it: four bytes, base64. */
  readonly crc32: string;
}

/** As much as is summed in one go: about a millisecond. */
const chunkBytes = 1024 * 1024;

/** @throws Error when the file cannot be read, or `signal` aborts */
export async function fileSum(file: FileHandle, signal: AbortSignal): Promise<FileSum> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let bytes = 0;
  let sum = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, bytes);
    if (bytesRead === 0) return { bytes, crc32: base64(sum) };
    bytes += bytesRead;
    sum = crc32(chunk.subarray(0, bytesRead), sum);
  }
}

export const crc32Of = (data: Uint8Array): string => base64(crc32(data));

function base64(sum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString('base64');
}
