import { NodeTransport } from '../../lib/client/node-transport.ts';
import type { Transport, TransportListener } from '../../lib/client/transport.ts';

/** API Gateway bills a message for each 32 KB begun. */
const billedBytes = 32 * 1024;
const billed = (text: string) => Math.max(1, Math.ceil(Buffer.byteLength(text) / billedBytes));

/** Counts what goes over WebSockets, and how long each request waits for its reply. */
export class WireMeter {
  connections = 0;
  commands = 0;
  replies = 0;
  callbacks = 0;
  /** Of all requests; a connect counts for itself and for the disconnect that follows it. */
  waitedMs = 0;

  /** For `transport` of a client. */
  readonly transport = (url: string, protocols: string[]): Transport => {
    const inner = new NodeTransport(url, protocols);
    const sentAtMs = new Map<unknown, number>();
    return {
      maxMessageBytes: inner.maxMessageBytes,
      open: async (listener: TransportListener) => {
        this.connections += 1;
        const fromMs = performance.now();
        await inner.open({
          onClose: (info) => listener.onClose(info),
          onMessage: (text) => {
            const { tid, result } = Object(JSON.parse(text));
            if (result === undefined) this.callbacks += billed(text);
            else {
              this.replies += billed(text);
              this.waitedMs += performance.now() - (sentAtMs.get(tid) ?? performance.now());
            }
            listener.onMessage(text);
          },
        });
        this.waitedMs += 2 * (performance.now() - fromMs);
      },
      send: (text) => {
        this.commands += billed(text);
        sentAtMs.set(Object(JSON.parse(text)).tid, performance.now());
        inner.send(text);
      },
      close: () => inner.close(),
    };
  };
}
