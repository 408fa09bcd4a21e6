import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { recorder, startGateway } from './support.ts';

describe('$disconnect', () => {
  it.each([
    ['closes with a code', 4001, 'bye', (socket) => socket.close(4001, 'bye')],
    ['closes normally', 1000, '', (socket) => socket.close(1000)],
    ['closes without a code', 1005, 'Client-side close frame status not set', (socket) => socket.close()],
    ['is gone', 1006, 'Connection closed abnormally', (socket) => socket.terminate()],
  ] satisfies [string, number, string, (socket: WebSocket) => void][])(
    'tells how the client left that %s',
    async (_title, code, reason, leave) => {
      const connected = recorder();
      const disconnected = recorder();
      const gateway = await startGateway({
        routes: { $connect: connected.handler, $disconnect: disconnected.handler },
      });
      const client = await gateway.connect();
      leave(client.socket);
      const event = await disconnected.first;
      expect(event).toMatchObject({
        headers: { Host: `127.0.0.1:${gateway.server.port}` },
        isBase64Encoded: false,
        requestContext: {
          routeKey: '$disconnect',
          eventType: 'DISCONNECT',
          disconnectStatusCode: code,
          disconnectReason: reason,
          connectionId: (await connected.first).requestContext.connectionId,
        },
      });
      expect(gateway.gateway.connectionCount).toBe(0);
      expect(disconnected.events.length).toBe(1);
    },
  );

  it('may fail: that is logged and nothing else', async () => {
    const { promise: logged, resolve: log } = Promise.withResolvers<object>();
    const $disconnect = async () => Promise.reject(new Error('broken'));
    const gateway = await startGateway({ routes: { $disconnect }, log });
    const client = await gateway.connect();
    client.socket.close();
    expect(await logged).toMatchObject({ level: 'error', routeKey: '$disconnect', error: expect.any(Error) });
    await gateway.connect();
  });
});
