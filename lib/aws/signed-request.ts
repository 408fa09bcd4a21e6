import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';

/** How an AWS API is reached, and by whom. */
export interface AwsEndpoint {
  readonly url: string;
  readonly region: string;
  /** As signatures name it: `ecs`, `execute-api`. */
  readonly service: string;
}

/** Where AWS serves an API in a Region. */
export const awsUrl = (service: string, region: string): string =>
  `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

export interface AwsRequest {
  readonly method: 'POST' | 'DELETE';
  /** Each part of it encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AwsResponse {
  readonly status: number;
  readonly text: string;
}

const timeoutMs = 3000;

/**
 * One signed request: what a function needs of an API of which it uses two operations, at a thirtieth of a client's size.
 *
 * @throws Error what the network did; an answer of any status is a result
 */
export async function signedRequest(endpoint: AwsEndpoint, request: AwsRequest): Promise<AwsResponse> {
  const url = new URL(endpoint.url);
  const path = `${url.pathname.replace(/\/$/, '')}${request.path}`;
  const signer = new SignatureV4({
    region: endpoint.region,
    service: endpoint.service,
    credentials: credentials(),
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: request.method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path,
    headers: { host: url.host, ...request.headers },
    body: request.body ?? '',
  });
  return send(url, path, request, headers);
}

/** The three variables that Lambda sets; what stands in for AWS on one machine takes any. */
function credentials() {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID || 'local',
    secretAccessKey: AWS_SECRET_ACCESS_KEY || 'local',
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}

function send(
  { protocol, hostname, port }: URL,
  path: string,
  { method, body = '' }: AwsRequest,
  headers: Readonly<Record<string, string>>,
): Promise<AwsResponse> {
  return new Promise((resolve, reject) => {
    const open = protocol === 'https:' ? httpsRequest : httpRequest;
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = open({ hostname, port, path, method, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** SHA-256, and with a secret its HMAC, as the signer wants it. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
