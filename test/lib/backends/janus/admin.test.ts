import type { AddressInfo } from 'node:net';
import janode from 'janode';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { JanusAdmin } from '../../../../lib/backends/janus/admin.ts';
import { isGone } from '../../../../lib/backends/janus/errors.ts';
import { until } from '../../../support/until.ts';

janode.Logger.setLevel('none');

/** Janus' admin API as far as it is asked: what it says to each request, or nothing. */
let server: WebSocketServer;
let says: (request: Record<string, unknown>) => object | undefined;
let asked: Record<string, unknown>[];
let connections: number;
let admin: JanusAdmin;

beforeEach(async () => {
  says = () => ({ janus: 'success', handles: [7, 8], info: { handle_id: 7 } });
  asked = [];
  connections = 0;
  server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'janus-admin-protocol' });
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('message', (data) => {
      const request: Record<string, unknown> = JSON.parse(String(data));
      asked.push(request);
      const answer = says(request);
      if (answer) socket.send(JSON.stringify({ ...answer, transaction: request.transaction }));
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  admin = new JanusAdmin({ url: `ws://127.0.0.1:${port}`, secret: 'hush' });
});
afterEach(async () => {
  await admin.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const refused = (code: number) => ({ janus: 'error', error: { code, reason: 'No' } });

describe('the admin API', () => {
  test('is asked on one connection, with its secret', async () => {
    expect(await admin.listHandles(1)).toEqual([7, 8]);
    expect(await admin.handleInfo(1, 7)).toEqual({ handle_id: 7 });
    expect(asked).toMatchObject([
      { janus: 'list_handles', session_id: 1, admin_secret: 'hush' },
      { janus: 'handle_info', session_id: 1, handle_id: 7, admin_secret: 'hush' },
    ]);
    expect(connections).toBe(1);
  });

  test('that refuses keeps its connection, and its code says whether the thing is gone', async () => {
    says = () => refused(459);
    const error = await admin.handleInfo(1, 7).catch((reason: unknown) => reason);
    expect(isGone(error)).toBe(true);
    says = () => refused(403);
    const forbidden = await admin.handleInfo(1, 7).catch((reason: unknown) => reason);
    expect(isGone(forbidden)).toBe(false);
    expect(connections).toBe(1);
  });

  test('whose answer cannot be read is an error', async () => {
    says = () => ({ janus: 'success', handles: 'many' });
    await expect(admin.listHandles(1)).rejects.toThrow();
    await expect(admin.handleInfo(1, 7)).rejects.toThrow();
  });

  test('is opened anew after a loss', async () => {
    await admin.listHandles(1);
    for (const socket of server.clients) socket.terminate();
    await until('it answers again', () => admin.listHandles(1).catch(() => undefined));
    expect(connections).toBe(2);
  });

  test('that does not answer is given up after 3 s, and opened anew the next time', async () => {
    says = () => undefined;
    const startedAtMs = performance.now();
    await expect(admin.listHandles(1)).rejects.toThrow('no answer');
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
    says = () => ({ janus: 'success', handles: [] });
    expect(await admin.listHandles(1)).toEqual([]);
    expect(connections).toBe(2);
  });

  test('that is not there is an error each time, and asked once it is', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    for (const _ of [1, 2]) await expect(admin.listHandles(1)).rejects.toThrow();
    server = new WebSocketServer({ host: '127.0.0.1', port, handleProtocols: () => 'janus-admin-protocol' });
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        const { transaction } = JSON.parse(String(data));
        socket.send(JSON.stringify({ janus: 'success', handles: [9], transaction }));
      });
    });
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await admin.listHandles(1)).toEqual([9]);
  });
});

describe('its end', () => {
  test('closes the connection, and nothing is asked any more', async () => {
    await admin.listHandles(1);
    await admin.close();
    await until('the connection is closed', () => server.clients.size === 0);
    await expect(admin.listHandles(1)).rejects.toThrow('closed');
    await admin.close();
    expect(asked).toHaveLength(1);
  });

  test('closes one that is just being opened', async () => {
    const asking = admin.listHandles(1).catch(() => []);
    await admin.close();
    await asking;
    await until('the connection is closed', () => server.clients.size === 0);
  });
});
