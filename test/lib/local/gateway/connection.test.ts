import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { recorder, startGateway } from './support.ts';

const FRAME_BYTES = 32 * 1024;

/** Sends one message as frames of at most 32 KB, which of all clients only `ws` can. */
function sendInFrames(socket: { send(data: string, options: { fin: boolean }): void }, text: string): void {
  for (let start = 0; start < text.length; start += FRAME_BYTES) {
    socket.send(text.slice(start, start + FRAME_BYTES), { fin: start + FRAME_BYTES >= text.length });
  }
}

describe('connection', () => {
  it('takes a message of 128 KB in frames of 32 KB', async () => {
    const { handler, first } = recorder();
    const gateway = await startGateway({ routes: { $default: handler } });
    const client = await gateway.connect();
    sendInFrames(client.socket, 'x'.repeat(4 * FRAME_BYTES));
    expect((await first).body?.length).toBe(128 * 1024);
  });

  it.each([
    ['one frame of more than 32 KB', 1009, (socket) => socket.send('x'.repeat(FRAME_BYTES + 1))],
    ['one frame of more than 128 KB', 1009, (socket) => socket.send('x'.repeat(200_000))],
    ['a message of more than 128 KB', 1009, (socket) => sendInFrames(socket, 'x'.repeat(4 * FRAME_BYTES + 1))],
    ['a binary message', 1003, (socket) => socket.send(Buffer.from('{}'))],
  ] satisfies [string, number, (socket: WebSocket) => void][])(
    'is closed for %s with %i, and the message is not handled',
    async (_title, code, send) => {
      const message = recorder();
      const disconnected = recorder();
      const gateway = await startGateway({ routes: { $default: message.handler, $disconnect: disconnected.handler } });
      const client = await gateway.connect();
      send(client.socket);
      expect(await client.closed).toMatchObject({ code });
      expect((await disconnected.first).requestContext.disconnectStatusCode).toBe(code);
      expect(message.events).toEqual([]);
    },
  );

  it('is closed with 1002 and 1007 for broken frames and broken UTF-8', async () => {
    const disconnected = recorder();
    const gateway = await startGateway({ routes: { $disconnect: disconnected.handler } });
    const client = await gateway.connect();
    client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await client.closed).toMatchObject({ code: 1007 });
    expect((await disconnected.first).requestContext.disconnectStatusCode).toBe(1007);
  });

  it('is closed as going away after the idle time, which each message starts anew', async () => {
    const disconnected = recorder();
    const gateway = await startGateway({
      routes: { $default: async () => ({ statusCode: 200 }), $disconnect: disconnected.handler },
      limits: { idleTimeoutMs: 150 },
    });
    const startedAtMs = Date.now();
    const client = await gateway.connect();
    for (let count = 0; count < 4; count++) {
      client.socket.send('ping');
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(Date.now() - startedAtMs).toBeGreaterThan(300);
    expect((await disconnected.first).requestContext).toMatchObject({
      disconnectStatusCode: 1001,
      disconnectReason: 'Going away',
    });
  });

  it('is closed as going away at the end of its life, however busy', async () => {
    const gateway = await startGateway({ limits: { connectionLifetimeMs: 120 } });
    const client = await gateway.connect();
    const busy = setInterval(() => client.socket.send('ping'), 10);
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
    clearInterval(busy);
  });

  it('is cut off when the client does not take part in the closing', async () => {
    const disconnected = recorder();
    const gateway = await startGateway({
      routes: { $disconnect: disconnected.handler },
      limits: { idleTimeoutMs: 20, closeTimeoutMs: 50 },
    });
    const client = await gateway.connect();
    client.socket.pause();
    expect((await disconnected.first).requestContext.disconnectStatusCode).toBe(1001);
    expect(gateway.gateway.connectionCount).toBe(0);
  });
});
