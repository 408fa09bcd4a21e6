import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Connection } from '../../../lib/client/connection.ts';
import type { Transport, TransportListener } from '../../../lib/client/transport.ts';

class FakeTransport implements Transport {
  readonly maxMessageBytes = 1000;
  readonly sent: string[] = [];
  listener: TransportListener | undefined;
  isClosed = false;
  opens = true;

  open(listener: TransportListener): Promise<void> {
    this.listener = listener;
    return this.opens ? Promise.resolve() : new Promise(() => undefined);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.isClosed = true;
  }
}

const minuteMs = 60_000;
const listener = { onEvent: vi.fn(), onClose: vi.fn() };
let transport: FakeTransport;
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  transport = new FakeTransport();
  connection = new Connection(transport, listener);
});
afterEach(() => {
  vi.useRealTimers();
});

const pong = () => transport.listener?.onMessage('{"result":"ok","tid":"ping"}');

it('pings every 5 minutes while it is open', async () => {
  await connection.open(1000);
  vi.advanceTimersByTime(5 * minuteMs);
  pong();
  vi.advanceTimersByTime(5 * minuteMs);
  pong();
  expect(transport.sent).toEqual(['{"cmd":"ping","tid":"ping"}', '{"cmd":"ping","tid":"ping"}']);
  transport.listener?.onClose({ code: 1001, reason: '' });
  vi.advanceTimersByTime(11 * minuteMs);
  expect(transport.sent).toHaveLength(2);
});

it('counts as lost when a ping stays unanswered', async () => {
  await connection.open(1000);
  vi.advanceTimersByTime(5 * minuteMs);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(listener.onClose).toHaveBeenCalledExactlyOnceWith({ code: 1006, reason: expect.stringContaining('answer') });
  expect(transport.isClosed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('leaves no timer behind, and says once that it closed', async () => {
  await connection.open(1000);
  const request = connection.exchange({ tid: '1' }, 'session/get_list', 5000);
  connection.close();
  transport.listener?.onClose({ code: 1000, reason: '' });
  await expect(request).rejects.toMatchObject({ reason: 'registered_down' });
  expect(listener.onClose).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('gives up a connection that does not open', async () => {
  transport.opens = false;
  const opening = connection.open(1000);
  vi.advanceTimersByTime(1000);
  await expect(opening).rejects.toMatchObject({ reason: 'timeout' });
  expect(transport.isClosed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
