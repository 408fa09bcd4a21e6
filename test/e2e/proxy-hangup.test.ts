import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PatchbayEvent } from '../../lib/client/index.ts';
import { type CallBench, startCallBench } from '../support/call-bench.ts';
import { WebrtcEnd } from '../support/call-ends.ts';
import { Caller, callKinds, type Side } from '../support/call-kinds.ts';
import { grows, until } from '../support/until.ts';

/** Janus may tell of either side first: so many that both happen. */
const calls = 15;

let bench: CallBench;
const events: PatchbayEvent[] = [];

beforeAll(async () => {
  bench = await startCallBench();
  bench.client.onEvent((event) => events.push(event));
});
afterAll(() => bench?.stop());

const told = ({ sessionId }: Side, type: string) =>
  events.filter((event) => event.obj_id === sessionId && event.type === type).map(({ body }) => body);
const hangups = (side: Side) => told(side, 'status').filter(({ class: kind }) => kind === 'hangup');
const reasons = (side: Side) => told(side, 'destroyed').map(({ reason }) => reason);

async function closes(which: 'master' | 'slave'): Promise<void> {
  const sides = await callKinds['proxy, WebRTC to WebRTC'](new Caller(bench.client), bench.ends());
  const [gone, other] = which === 'master' ? sides : sides.toReversed();
  if (!gone || !other || !(gone.end instanceof WebrtcEnd)) throw new Error('a proxy has two sides');
  for (const { end } of sides) await grows('media that comes', () => end.bytesIn(), 500);
  gone.end.peerConnection.close();
  await until('both have ended', () => reasons(gone).length > 0 && reasons(other).length > 0);
  expect([reasons(gone), reasons(other)]).toEqual([['session_stop'], ['peer_stopped']]);
  expect(hangups(gone)).toEqual([{ class: 'hangup', cause: 'DTLS alert' }]);
  expect(hangups(other)).toEqual([]);
}

test.each(['master', 'slave'] as const)(
  'a %s that closes its peer connection is told so, the other side that its peer stopped',
  async (which) => {
    await Promise.all(Array.from({ length: calls }, () => closes(which)));
    await bench.nothingIsLeft();
  },
);
