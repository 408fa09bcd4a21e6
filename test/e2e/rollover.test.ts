import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ClientOptions, type EventGap, PatchbayClient, type SessionLost } from '../../lib/client/index.ts';
import { nodeTransport } from '../../lib/client/node-transport.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { connectClient, makeOfferSdp } from '../support/wrtc.ts';

const sessionCount = 500;
const eventsPerSecond = 200;

let stack: TestStack;
let sdp: string;
let clients: PatchbayClient[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  sdp = await makeOfferSdp();
});
afterAll(() => stack?.stop());
afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
});

/** Sends to one session after another at a steady rate; stopped, it says how many went to each. */
function startSending(sender: PatchbayClient, ids: readonly string[]) {
  const sent = new Map(ids.map((id) => [id, 0]));
  const replies: Promise<unknown>[] = [];
  const startedAtMs = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAtMs) * eventsPerSecond) / 1000;
    while (count < due) {
      const id = ids[(count * 7919) % ids.length] ?? '';
      count += 1;
      const number = (sent.get(id) ?? 0) + 1;
      sent.set(id, number);
      replies.push(sender.request('session/send_info', { session_id: id, info: 'x', data: { number } }));
    }
  }, 5);
  return async () => {
    clearInterval(timer);
    await Promise.all(replies);
    return { sent, count, ratePerSecond: (count * 1000) / (performance.now() - startedAtMs) };
  };
}

test.each<[string, Partial<ClientOptions>]>([
  ['one by one', {}],
  ['by pages', { ownsAll: true }],
])('500 sessions move to another connection under 200 events a second (%s)', async (_, options) => {
  const client = new PatchbayClient({ url: stack.api, transport: nodeTransport, ...options });
  await client.connect();
  const sender = await connectClient(stack.api);
  clients = [client, sender];
  const seen = new Map<string, number[]>();
  const gaps: EventGap[] = [];
  const lost: SessionLost[] = [];
  client.onEvent(({ obj_id, seq }) => {
    const seqs = seen.get(obj_id) ?? [];
    seqs.push(seq);
    seen.set(obj_id, seqs);
  });
  client.onGap((gap) => gaps.push(gap));
  client.onSessionLost((one) => lost.push(one));

  const ids: string[] = [];
  while (ids.length < sessionCount) {
    const create = () => client.request('session/create', { type: 'p2p', offer: { sdp }, wait_timeout: 600 });
    for (const { session_id } of await Promise.all(Array.from({ length: 20 }, create))) ids.push(session_id);
  }

  const stopSending = startSending(sender, ids);
  await delay(1000);
  const startedAtMs = performance.now();
  await client.rollOver();
  const tookMs = performance.now() - startedAtMs;
  await delay(1000);
  const { sent, count, ratePerSecond } = await stopSending();
  console.info(`rolled over in ${Math.round(tookMs)} ms, ${count} events at ${Math.round(ratePerSecond)}/s`);
  expect(ratePerSecond).toBeGreaterThan(eventsPerSecond * 0.8);

  // `created`, that the new connection took the session over, and what was sent: numbered without a gap.
  const due = (id: string) => (sent.get(id) ?? 0) + 2;
  const isWhole = (id: string) => (seen.get(id)?.length ?? 0) >= due(id);
  await until('all have come', () => ids.every(isWhole), 5000).catch(() => undefined);
  for (const id of ids) {
    expect(seen.get(id)).toEqual(Array.from({ length: due(id) }, (_, index) => index + 1));
  }
  expect([gaps, lost, client.state.status]).toEqual([[], [], 'open']);

  // They live here now: the old connection's end has made none of them an orphan.
  await Promise.all(ids.map((session_id) => client.request('session/destroy', { session_id })));
  await until('all ends have come', () => ids.every((id) => seen.get(id)?.length === due(id) + 1));
});
