import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { signedRequest } from '../../../lib/aws/signed-request.ts';

interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let heard: Heard[];
let answer: { status: number; text: string } | undefined;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method = '', url = '', headers } = request;
  heard.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
  if (answer) response.writeHead(answer.status).end(answer.text);
});
let url: string;
beforeEach(async () => {
  heard = [];
  answer = { status: 200, text: 'ok' };
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/stage`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** Signature version 4, by its documentation. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function expectedSignature({ method, url: path, headers, body }: Heard, service: string): string {
  const [, day = '', signed = ''] =
    /Credential=AKIDEXAMPLE\/(\d{8})\/us-east-1\/.*SignedHeaders=([^,]+),/.exec(headers.authorization ?? '') ?? [];
  // Each segment is encoded once more than it was sent.
  const canonicalPath = path.split('/').map(encodeURIComponent).join('/');
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, canonicalPath, '', lines.join(''), signed, sha256(body)].join('\n');
  const scope = `${day}/us-east-1/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [day, 'us-east-1', service, 'aws4_request'].reduce<string | Buffer>(hmac, 'AWS4secret');
  return hmac(key, toSign).toString('hex');
}

test.each([
  ['ecs', { method: 'POST', path: '/', headers: { 'x-amz-target': 'X.Y' }, body: '{"a":"ü"}' }],
  ['execute-api', { method: 'POST', path: '/@connections/a%2Bb%3D', body: 'text' }],
  ['execute-api', { method: 'DELETE', path: '/@connections/a%3D' }],
] as const)('a request to %s is signed as AWS says: %j', async (service, request) => {
  const endpoint = { url, region: 'us-east-1', service };
  expect(await signedRequest(endpoint, request)).toEqual({ status: 200, text: 'ok' });
  const [one] = heard;
  if (!one) throw new Error('nothing came');
  expect([one.method, one.url, one.body]).toEqual([
    request.method,
    `/stage${request.path}`,
    'body' in request ? request.body : '',
  ]);
  expect(one.headers['x-amz-security-token']).toBe('session');
  expect(/Signature=(\w+)$/.exec(one.headers.authorization ?? '')?.[1]).toBe(expectedSignature(one, service));
});

test('an answer of any status is a result', async () => {
  answer = { status: 410, text: 'gone' };
  const endpoint = { url, region: 'us-east-1', service: 'ecs' };
  expect(await signedRequest(endpoint, { method: 'POST', path: '/' })).toEqual({ status: 410, text: 'gone' });
});

test('no answer is an error, after 3 s', async () => {
  answer = undefined;
  const endpoint = { url, region: 'us-east-1', service: 'ecs' };
  const startedAtMs = performance.now();
  await expect(signedRequest(endpoint, { method: 'POST', path: '/' })).rejects.toThrow('aborted');
  expect(performance.now() - startedAtMs).toBeGreaterThan(2900);
});
