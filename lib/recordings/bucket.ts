import type { FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type Patience, persistently } from '../domain/pause.ts';
import { crc32Of, type FileSum, fileSum } from './file-sum.ts';
import { withFile } from './no-links.ts';

const mebibyte = 1024 * 1024;
/** Files up to this size are put whole, longer ones in parts of it; it is what one upload holds in memory. */
const partBytes = 8 * mebibyte;
/** S3 takes so many parts: those of files over 80 GB are larger. */
const maxParts = 10_000;
/** One request: about 10 s, then the whole recording waits for its turn again. */
const retry = { tries: 5, baseMs: 500, maxMs: 5000 };

const contentTypes: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.wav': 'audio/wav',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
};

/** @param endpoint of something that speaks S3 on this machine; else AWS, with the task's role */
export const s3Client = (endpoint?: string): S3Client =>
  new S3Client({
    // What is tried again is decided here, where the clock is known.
    maxAttempts: 1,
    // A connection that says nothing is given up, however long a part may take.
    requestHandler: { connectionTimeout: 3000, socketTimeout: 20_000 },
    ...(endpoint !== undefined && {
      endpoint,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  });

/** Files into an S3 bucket, each checked once it is there. */
export class Bucket {
  readonly #name: string;
  readonly #client: S3Client;
  readonly #patience: Patience;

  constructor(name: string, client: S3Client, patience: Patience) {
    this.#name = name;
    this.#client = client;
    this.#patience = patience;
  }

  /**
   * Resolves when the bucket has the file, its size and checksum compared. One that is there already, from a try whose end
   * nobody saw, is not sent again.
   *
   * @throws Error what S3 answered to the last try, or that the object is not what the file is
   * @throws RefusedError when it is no regular file
   */
  store(key: string, path: string): Promise<void> {
    return withFile(path, async (file) => {
      const sum = await fileSum(file, this.#patience.signal);
      if (await this.#has(key, sum)) return;
      if (sum.bytes <= partBytes) await this.#putWhole(key, file, sum);
      else await this.#putInParts(key, file, sum);
      if (!(await this.#has(key, sum))) throw new Error(`${key} in the bucket is not what it is on the disk`);
    });
  }

  /** Without the right to list, S3 answers 403 for what is not there. */
  async #has(key: string, sum: FileSum): Promise<boolean> {
    return this.#tried(async (abortSignal) => {
      try {
        const head = new HeadObjectCommand({ Bucket: this.#name, Key: key, ChecksumMode: 'ENABLED' });
        const { ContentLength, ChecksumCRC32 } = await this.#client.send(head, { abortSignal });
        return ContentLength === sum.bytes && ChecksumCRC32 === sum.crc32;
      } catch (error) {
        if (error instanceof S3ServiceException && [403, 404].includes(error.$metadata.httpStatusCode ?? 0))
          return false;
        throw error;
      }
    });
  }

  async #putWhole(key: string, file: FileHandle, { bytes, crc32 }: FileSum): Promise<void> {
    const body = await read(file, 0, bytes);
    const put = { Bucket: this.#name, Key: key, Body: body, ContentType: contentType(key), ChecksumCRC32: crc32 };
    await this.#tried((abortSignal) => this.#client.send(new PutObjectCommand(put), { abortSignal }));
  }

  /** The checksum is that of the whole object, not one of its parts' checksums: it can be compared with the file's. */
  async #putInParts(key: string, file: FileHandle, { bytes, crc32 }: FileSum): Promise<void> {
    const object = { Bucket: this.#name, Key: key };
    const begin = {
      ...object,
      ContentType: contentType(key),
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: 'FULL_OBJECT',
    } as const;
    const { UploadId } = await this.#tried((abortSignal) =>
      this.#client.send(new CreateMultipartUploadCommand(begin), { abortSignal }),
    );
    const upload = { ...object, UploadId };
    try {
      const parts = await this.#putParts(upload, file, bytes);
      const end = {
        ...upload,
        MultipartUpload: { Parts: parts },
        ChecksumCRC32: crc32,
        ChecksumType: 'FULL_OBJECT',
      } as const;
      await this.#tried((abortSignal) => this.#client.send(new CompleteMultipartUploadCommand(end), { abortSignal }));
    } catch (error) {
      // Parts that stay, as when the node stops, the bucket's lifecycle rule takes away.
      if (!this.#patience.signal.aborted) {
        await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
      }
      throw error;
    }
  }

  async #putParts(
    upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
    file: FileHandle,
    bytes: number,
  ): Promise<CompletedPart[]> {
    const size = Math.max(partBytes, Math.ceil(bytes / maxParts));
    const parts: CompletedPart[] = [];
    for (let from = 0; from < bytes; from += size) {
      const body = await read(file, from, Math.min(size, bytes - from));
      const checked = { PartNumber: parts.length + 1, ChecksumCRC32: crc32Of(body) };
      const { ETag } = await this.#tried((abortSignal) =>
        this.#client.send(new UploadPartCommand({ ...upload, ...checked, Body: body }), { abortSignal }),
      );
      parts.push({ ...checked, ETag });
    }
    return parts;
  }

  #tried<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return persistently(() => work(this.#patience.signal), retry, this.#patience);
  }
}

/** @throws Error when the file has become shorter */
async function read(file: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, at, bytes - at, from + at);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    at += bytesRead;
  }
  return buffer;
}

const contentType = (key: string): string => contentTypes[extname(key)] ?? 'application/octet-stream';
