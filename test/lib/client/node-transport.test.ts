import { afterEach, beforeEach, expect, it } from 'vitest';
import { PatchbayClient } from '../../../lib/client/index.ts';
import { nodeTransport } from '../../../lib/client/node-transport.ts';
import { FakeServer } from './fake-server.ts';

let server: FakeServer;
let client: PatchbayClient;

beforeEach(async () => {
  server = await FakeServer.start();
  server.on('session/destroy', (request) => request.ok());
  client = new PatchbayClient({ url: server.url, transport: nodeTransport });
  await client.connect();
});
afterEach(async () => {
  client.close();
  await server.stop();
});

it('splits a message into frames of at most 32 KB, also within a character', async () => {
  const reason = `x${'ö€😀'.repeat(12_000)}`;
  await client.request('session/destroy', { session_id: 'a', reason });
  expect(server.requests[0]?.data.reason).toBe(reason);
  expect(server.frameSizes.length).toBe(4);
  expect(Math.max(...server.frameSizes)).toBe(32 * 1024);
});

it('sends a short message as one frame', async () => {
  await client.request('session/destroy', { session_id: 'a' });
  expect(server.frameSizes).toHaveLength(1);
});

it('refuses a message over 128 KB before sending', async () => {
  const request = client.request('session/destroy', { session_id: 'a', reason: 'x'.repeat(128 * 1024) });
  await expect(request).rejects.toMatchObject({
    reason: 'message_too_large',
    message: expect.stringMatching(/at most 131072/),
  });
  expect(server.frameSizes).toEqual([]);
});
