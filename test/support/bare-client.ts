import WebSocket from 'ws';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';

// A reply's data is whatever the command's is: tests look at what they expect of it.
// biome-ignore lint/suspicious/noExplicitAny: the wire itself is under test here, untyped as it comes
export type BareReply = { result: string; tid?: unknown; data: any };

/** A client that speaks the wire by hand, without the client library. */
export interface BareClient {
  /** Every event so far, in the order of their arrival. */
  readonly events: PatchbayEvent[];
  request(cmd: string, data?: Record<string, unknown>, subclass?: string): Promise<BareReply>;
  /** The first event, past or to come, that fits. */
  event(fits: (event: PatchbayEvent) => boolean, timeoutMs?: number): Promise<PatchbayEvent>;
  /** Ends the socket without a word, as a lost network does. */
  cut(): void;
  close(): void;
}

export async function bareClient(url: string, protocols: string[] = []): Promise<BareClient> {
  const socket = new WebSocket(url, protocols);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const events: PatchbayEvent[] = [];
  const replies = new Map<unknown, (reply: BareReply) => void>();
  const watchers = new Set<() => void>();
  let lastTid = 0;
  socket.on('message', (bytes) => {
    const received = JSON.parse(String(bytes));
    if (received.cmd === 'event') {
      events.push(...[received.data].flat());
      for (const look of watchers) look();
    } else {
      replies.get(received.tid)?.({ data: {}, ...received });
      replies.delete(received.tid);
    }
  });
  return {
    events,
    request: (cmd, data = {}, subclass = 'session') =>
      new Promise((resolve) => {
        lastTid += 1;
        replies.set(lastTid, resolve);
        socket.send(JSON.stringify({ class: 'media', subclass, cmd, data, tid: lastTid }));
      }),
    event: (fits, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          watchers.delete(look);
          reject(
            new Error(`no such event in ${timeoutMs} ms; there were ${events.map(({ type }) => type).join(', ')}`),
          );
        }, timeoutMs);
        const look = () => {
          const found = events.find(fits);
          if (!found) return;
          clearTimeout(late);
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
    cut: () => socket.terminate(),
    close: () => socket.close(),
  };
}
