import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import { type Incoming, RawClient } from './raw-client.ts';

// A reply's data is whatever the command's is: tests look at what they expect of it.
// biome-ignore lint/suspicious/noExplicitAny: the wire itself is under test here, untyped as it comes
export type BareReply = { result: string; tid?: unknown; data: any };

/** A client that speaks the protocol by hand: commands and events, without the client library. */
export interface BareClient {
  /** Every event so far, in the order of their arrival. */
  readonly events: PatchbayEvent[];
  request(cmd: string, data?: Record<string, unknown>, subclass?: string): Promise<BareReply>;
  /** The first event, past or to come, that fits. */
  event(fits: (event: PatchbayEvent) => boolean): Promise<PatchbayEvent>;
  /** Ends the socket without a word, as a lost network does. */
  cut(): void;
  close(): Promise<void>;
}

export async function bareClient(url: string, protocols: string[] = []): Promise<BareClient> {
  const raw = await RawClient.connect(url, protocols);
  let lastTid = 0;
  return {
    get events() {
      return raw.received.flatMap(eventsOf);
    },
    async request(cmd, data = {}, subclass = 'session') {
      lastTid += 1;
      const { result = '', ...reply } = await raw.request({ class: 'media', subclass, cmd, data, tid: lastTid });
      return { result, ...reply, data: reply.data ?? {} };
    },
    async event(fits) {
      const found = eventsOf(await raw.next((message) => eventsOf(message).some(fits))).find(fits);
      if (!found) throw new Error('the event is not where it was found');
      return found;
    },
    cut: () => raw.cut(),
    close: () => raw.close(),
  };
}

/** The events in a message: one, several that came together, or none. */
function eventsOf({ cmd, data }: Incoming): PatchbayEvent[] {
  if (cmd !== 'event') return [];
  // The server's own schema says what an event is; here it is taken as it comes.
  return [data as unknown as PatchbayEvent | PatchbayEvent[]].flat();
}
