import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { HttpFake } from './http-fake.ts';

interface StoredObject {
  readonly body: Buffer;
  readonly crc32: string;
  readonly contentType: string | undefined;
  readonly parts: number;
}

interface Upload {
  readonly key: string;
  readonly contentType: string | undefined;
  readonly parts: Map<number, Buffer>;
}

/** What becomes of a request: answered with an S3 error, its connection cut while it sends, or taken and not answered. */
export type Fault = { status: number; code: string } | 'cut' | 'unanswered' | 'damage';

const minPartBytes = 5 * 1024 * 1024;
const sumOf = (data: Uint8Array): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(data));
  return bytes.toString('base64');
};
export const slowDown: Fault = { status: 503, code: 'SlowDown' };

/** A bucket that speaks S3 on the wire, as far as uploads need it: checksums are compared, small parts refused. */
export class FakeS3 extends HttpFake {
  readonly objects = new Map<string, StoredObject>();
  /** `PUT key`, `PART key`, `HEAD key`, `CREATE`, `COMPLETE`, `ABORT`, in the order in which they came. */
  readonly requests: string[] = [];
  /** What becomes of the next requests that match; then all goes well again. */
  readonly faults: { on: RegExp; fault: Fault }[] = [];
  /** Requests that match are answered only when it is resolved. */
  hold: { on: RegExp; until: Promise<void> } | undefined;
  /** Requests that are being answered now, and the most that ever were. */
  readonly atOnce = { now: 0, most: 0 };
  readonly #uploads = new Map<string, Upload>();

  /** Uploads in parts that were begun and neither completed nor given up. */
  get unfinished(): number {
    return this.#uploads.size;
  }

  keys(): string[] {
    return [...this.objects.keys()].sort();
  }

  /** Where an object can be had: its `s3://` as a URL of this server. */
  urlOf(uri: string): string {
    return uri.replace(/^s3:\//, this.url);
  }

  fail(on: RegExp, fault: Fault, times = 1): void {
    for (let at = 0; at < times; at += 1) this.faults.push({ on, fault });
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.atOnce.now += 1;
    this.atOnce.most = Math.max(this.atOnce.most, this.atOnce.now);
    try {
      await this.#answer(request, response);
    } catch {
      // The client went away while it sent.
    } finally {
      this.atOnce.now -= 1;
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
    const key = decodeURIComponent(pathname).slice(1);
    const uploadId = searchParams.get('uploadId');
    const verb = verbOf(request.method ?? '', searchParams);
    const name = `${verb} ${key}`;
    this.requests.push(name);
    const at = this.faults.findIndex(({ on }) => on.test(name));
    const fault = at < 0 ? undefined : this.faults.splice(at, 1)[0]?.fault;
    if (fault === 'cut') {
      await once(request, 'data');
      request.socket.resetAndDestroy();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (this.hold?.on.test(name)) await this.hold.until;
    if (typeof fault === 'object') return refuse(response, fault.status, fault.code);
    const result = this.#run(
      verb,
      key,
      uploadId,
      request,
      searchParams,
      fault === 'damage' ? damaged(body) : body,
      fault,
    );
    if (fault === 'unanswered') request.socket.resetAndDestroy();
    else if ('code' in result) refuse(response, result.status, result.code);
    else response.writeHead(200, result.headers).end(result.content ?? result.xml);
  }

  #run(
    verb: string,
    key: string,
    uploadId: string | null,
    { headers }: IncomingMessage,
    query: URLSearchParams,
    body: Buffer,
    fault: Fault | undefined,
  ): { status: number; code: string } | { headers: Record<string, string | number>; xml?: string; content?: Buffer } {
    const contentType = headers['content-type'];
    const told = headers['x-amz-checksum-crc32'];
    const bad = () => told !== sumOf(body) && fault !== 'damage';
    if (verb === 'HEAD') {
      const object = this.objects.get(key);
      if (!object) return { status: 404, code: 'NoSuchKey' };
      const sum = headers['x-amz-checksum-mode'] === 'ENABLED' ? { 'x-amz-checksum-crc32': object.crc32 } : {};
      return { headers: { 'content-length': object.body.length, 'x-amz-checksum-type': 'FULL_OBJECT', ...sum } };
    }
    if (verb === 'GET') {
      const object = this.objects.get(key);
      if (!object) return { status: 404, code: 'NoSuchKey' };
      return { headers: { 'content-length': object.body.length }, content: object.body };
    }
    if (verb === 'PUT') {
      if (bad()) return { status: 400, code: 'BadDigest' };
      this.objects.set(key, { body, crc32: sumOf(body), contentType, parts: 1 });
      return { headers: { etag: etag(body) } };
    }
    if (verb === 'CREATE') {
      if (headers['x-amz-checksum-algorithm'] !== 'CRC32' || headers['x-amz-checksum-type'] !== 'FULL_OBJECT') {
        return { status: 400, code: 'InvalidRequest' };
      }
      const id = randomUUID();
      this.#uploads.set(id, { key, contentType, parts: new Map() });
      return {
        headers: {},
        xml: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      };
    }
    const upload = this.#uploads.get(uploadId ?? '');
    if (upload?.key !== key) return { status: 404, code: 'NoSuchUpload' };
    if (verb === 'PART') {
      if (bad()) return { status: 400, code: 'BadDigest' };
      upload.parts.set(Number(query.get('partNumber')), body);
      return { headers: { etag: etag(body) } };
    }
    if (verb === 'COMPLETE') return this.#complete(uploadId ?? '', upload, body.toString(), told);
    this.#uploads.delete(uploadId ?? '');
    return { headers: {} };
  }

  #complete(id: string, { key, contentType, parts }: Upload, xml: string, told: unknown) {
    const named = [...xml.matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) => Number(number));
    const bodies = named.map((number) => parts.get(number));
    if (bodies.length === 0 || bodies.includes(undefined)) return { status: 400, code: 'InvalidPart' };
    if (bodies.slice(0, -1).some((part) => (part?.length ?? 0) < minPartBytes))
      return { status: 400, code: 'EntityTooSmall' };
    const body = Buffer.concat(bodies.filter((part) => part !== undefined));
    if (told !== sumOf(body)) return { status: 400, code: 'BadDigest' };
    this.objects.set(key, { body, crc32: sumOf(body), contentType, parts: named.length });
    this.#uploads.delete(id);
    return { headers: {}, xml: `<CompleteMultipartUploadResult><Key>${key}</Key></CompleteMultipartUploadResult>` };
  }
}

function verbOf(method: string, query: URLSearchParams): string {
  if (method === 'POST') return query.has('uploads') ? 'CREATE' : 'COMPLETE';
  if (method === 'DELETE') return 'ABORT';
  return query.has('partNumber') ? 'PART' : method;
}

const etag = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`;

/** A bit that fell over on its way into the bucket. */
function damaged(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy.writeUInt8(copy.readUInt8(0) ^ 1, 0);
  return copy;
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>as the test has it</Message></Error>`);
}
