import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createGateway } from '../../../lib/local/gateway/gateway.ts';
import { createHttpServer } from '../../../lib/local/http-server.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patchbay-http-'));
  await mkdir(join(dir, 'console/assets'), { recursive: true });
  await mkdir(join(dir, 'recordings/t1'), { recursive: true });
  await mkdir(join(dir, 'empty'));
  await writeFile(join(dir, 'secret.txt'), 'secret');
  await writeFile(join(dir, 'console/index.html'), '<!doctype html>');
  await writeFile(join(dir, 'console/assets/app-1a2b3c.js'), 'export {};');
  await writeFile(join(dir, 'recordings/t1/call.webm'), '0123456789');
  await writeFile(join(dir, 'recordings/t1/empty.wav'), '');
  await symlink(join(dir, 'secret.txt'), join(dir, 'console/link.txt'));
  await symlink(join(dir, 'recordings/t1/call.webm'), join(dir, 'recordings/t1/link.webm'));
  await symlink(join(dir, 'recordings/t1'), join(dir, 'recordings/t2'));
  await promisify(execFile)('mkfifo', [join(dir, 'recordings/t1/pipe.webm')]);
});

afterAll(() => rm(dir, { recursive: true }));

async function start(consoleDir = 'console') {
  const gateway = createGateway({
    routes: { $default: async ({ body }) => ({ statusCode: 200, body: `${body}` }) },
    routeSelectionExpression: '$request.body.cmd',
    path: '/ws',
    stage: 'local',
  });
  const server = await createHttpServer({
    gateway,
    consoleDir: join(dir, consoleDir),
    host: '127.0.0.1',
    port: 0,
    files: { prefix: '/recordings/', dir: join(dir, 'recordings') },
  });
  onTestFinished(() => server.close());
  return server;
}

/** Sends the path as it is; fetch would tidy it up. */
async function get(port: number, path: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  httpRequest({ port, host: '127.0.0.1', path, headers }, async (response) => {
    resolve({ status: response.statusCode ?? 0, body: await text(response) });
  })
    .on('error', reject)
    .end();
  return promise;
}

describe('HTTP server', () => {
  it('reports the port that it took', async () => {
    const server = await start();
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  });

  it('fails for a port in use', async () => {
    const { port } = await start();
    const gateway = createGateway({ routes: {}, routeSelectionExpression: '', path: '/ws', stage: 'local' });
    await expect(createHttpServer({ gateway, consoleDir: dir, host: '127.0.0.1', port })).rejects.toThrow(/EADDRINUSE/);
  });

  it('serves the console, to be checked each time, with security headers', async () => {
    const { url } = await start();
    const answer = await fetch(url);
    expect(await answer.text()).toBe('<!doctype html>');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'self'; connect-src 'self' ws: wss:; media-src"),
    });
    const etag = answer.headers.get('etag') ?? '';
    expect((await fetch(`${url}/?x=1`, { headers: { 'If-None-Match': etag } })).status).toBe(304);
  });

  it('lets assets be cached for ever', async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/assets/app-1a2b3c.js`);
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('cache-control')).toMatch(/immutable/);
  });

  it('answers HEAD without a body, and other methods with 405', async () => {
    const { url } = await start();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '15', '']);
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('says how to build the console when it is not there', async () => {
    const { url } = await start('empty');
    expect(await (await fetch(url)).text()).toMatch(/npm run build:console/);
    expect((await fetch(`${url}/app.js`)).status).toBe(404);
  });

  it.each([
    '/nothing',
    '/assets',
    '/assets/',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/assets/../../secret.txt',
    '/recordings/../secret.txt',
    '/recordings/..%2f..%2fsecret.txt',
    '/recordings',
    '/link.txt',
    '/recordings/t1/link.webm',
    '/recordings/t2/call.webm',
    '/recordings/t1/pipe.webm',
    '/%00',
    '/%zz',
    '//secret.txt',
  ])('has nothing at %s', async (path) => {
    const { port } = await start();
    expect(await get(port, path)).toEqual({ status: 404, body: 'Not found\n' });
  });

  it('serves recordings whole and in ranges', async () => {
    const { url } = await start();
    const range = async (value: string) => {
      const answer = await fetch(`${url}/recordings/t1/call.webm`, { headers: { Range: value } });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    const whole = await fetch(`${url}/recordings/t1/call.webm`);
    expect([whole.headers.get('content-type'), await whole.text()]).toEqual(['video/webm', '0123456789']);
    expect(await range('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await range('bytes=8-')).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await range('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await range('bytes=0-99')).toEqual([206, 'bytes 0-9/10', '0123456789']);
    expect(await range('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect(await range('bytes=0-1,4-5')).toEqual([200, null, '0123456789']);
    expect(await (await fetch(`${url}/recordings/t1/empty.wav`)).text()).toBe('');
  });

  it('serves nothing for a Host that is not ours', async () => {
    const { port } = await start();
    expect((await get(port, '/', { Host: `evil.example:${port}` })).status).toBe(403);
    expect((await get(port, '/recordings/t1/call.webm', { Host: 'evil.example' })).status).toBe(403);
  });

  it('hands upgrades on its path to the gateway, answers others with 404, and ignores h2c', async () => {
    const { port, url } = await start();
    const socket = new WebSocket(`ws://localhost:${port}/ws`);
    const { promise: answer, resolve } = Promise.withResolvers<string>();
    socket.on('open', () => socket.send('hello'));
    socket.on('message', (data) => resolve(data.toString()));
    expect(await answer).toBe('hello');

    const other = new WebSocket(`ws://localhost:${port}/other`);
    await expect(new Promise((_resolve, reject) => other.on('error', reject))).rejects.toThrow(/404/);

    const raw = connect(port, '127.0.0.1');
    raw.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n');
    expect(await text(raw)).toMatch(/^HTTP\/1\.1 200 .*<!doctype html>/s);
    expect((await fetch(`${url}/@connections/unknown%3D`, { method: 'POST', body: 'x' })).status).toBe(410);
  });

  it('ends everything on close, also with a client and a keep-alive connection', async () => {
    const server = await start();
    await fetch(server.url);
    const socket = new WebSocket(`ws://localhost:${server.port}/ws`);
    await new Promise((resolve) => socket.on('open', resolve));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await server.close();
    expect(await closed).toBe(1001);
    await expect(fetch(server.url)).rejects.toThrow();
  });
});
