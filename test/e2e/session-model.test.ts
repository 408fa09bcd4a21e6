import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorTable } from '../../lib/protocol/errors.ts';
import { type BareClient, type BareReply, bareClient } from '../support/bare-client.ts';
import { answer, offer } from '../support/sdp.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/**
 * The same promise as the model-based test of the live session's unit tests, but through everything: WebSockets, a
 * gateway that delays and reorders, handlers, node. Commands overtake each other, their `create` too.
 */
let stack: TestStack;
let clients: BareClient[];

beforeAll(async () => {
  stack = await startTestStack({ PATCHBAY_REORDER_SEED: '7' });
  clients = [await bareClient(stack.api), await bareClient(stack.api)];
});
afterAll(() => stack.stop());

/** One command: `waits` for its reply before the next one is sent, or not. */
interface Step {
  readonly client: 0 | 1;
  readonly cmd: string;
  readonly target: 'a' | 'b' | 'c';
  readonly data: Record<string, unknown>;
  readonly waits: boolean;
}

const worlds = 12;
const runsEach = 4;

const line = { candidate: 'candidate:1 1 udp 2122194687 192.0.2.7 40000 typ host', sdpMLineIndex: 0 };
const trickling = { ...offer, trickle_ice: true };

const command = fc.oneof(
  fc
    .boolean()
    .map((collect) => ({ cmd: 'create', data: { type: 'p2p', offer: trickling, no_offer_trickle_ice: collect } })),
  fc.constantFrom('a', 'b', 'c').map((master) => ({ cmd: 'create', data: { type: 'p2p', master_id: master } })),
  fc.constant({ cmd: 'create', data: { type: 'echo', offer } }),
  fc.constant({ cmd: 'set_answer', data: { answer } }),
  fc.constant({ cmd: 'set_candidate', data: line }),
  fc.constant({ cmd: 'set_candidate_end', data: {} }),
  fc.constant({ cmd: 'get_offer', data: { timeout: 1 } }),
  fc.constant({ cmd: 'get_answer', data: { timeout: 1 } }),
  fc.constant({ cmd: 'send_info', data: { info: 'info' } }),
  fc.constant({ cmd: 'update_media', data: { mute_audio: true } }),
  fc.constant({ cmd: 'get_info', data: {} }),
  fc.constant({ cmd: 'attach', data: { since: 0 } }),
  fc.constant({ cmd: 'destroy', data: {} }),
);
const step: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(0 as const, 1 as const),
    command,
    fc.constantFrom('a' as const, 'b' as const, 'c' as const),
    fc.boolean(),
  )
  .map(([client, { cmd, data }, target, waits]) => ({ client, cmd, data, target, waits }));

const steps = fc.array(step, { minLength: 4, maxLength: 25 });

async function liveSessions(): Promise<number> {
  const text = await (await fetch(new URL('/metrics', stack.controller.url))).text();
  return Number(/^patchbay_sessions (\d+)$/m.exec(text)?.[1]);
}

function checkReply(cmd: string, reply: BareReply): void {
  if (reply.result === 'ok') return;
  const reason: keyof typeof errorTable = reply.data.reason;
  expect(errorTable[reason]?.[0], `${cmd}: ${JSON.stringify(reply.data)}`).toBe(reply.data.code);
  expect(reason).not.toBe('internal_error');
}

test('random commands that overtake each other: events without a gap, one end for each session, nothing left over', async () => {
  // A command for a session that is not there waits a moment for it: side by side that costs little.
  await Promise.all(
    Array.from({ length: worlds }, () =>
      fc.assert(fc.asyncProperty(steps, oneRun), { numRuns: runsEach, endOnFailure: true }),
    ),
  );
  await until('no session is left', async () => (await liveSessions()) === 0);
}, 120_000);

async function oneRun(commands: readonly Step[]): Promise<void> {
  const run = randomUUID();
  const idOf = (name: unknown) => `${run}-${name}`;
  const witness = await bareClient(stack.api);
  await witness.request('subscribe', { subclass: 'session' }, 'event');
  const replies = [];
  for (const { client, cmd, target, data, waits } of commands) {
    const filled = { ...data, ...('master_id' in data && { master_id: idOf(data.master_id) }) };
    const reply = clients[client]?.request(cmd, { session_id: idOf(target), ...filled });
    replies.push(reply?.then((made) => checkReply(cmd, made)));
    if (waits) await reply;
  }
  await Promise.all(replies);
  await Promise.all(['a', 'b', 'c'].map((name) => clients[0]?.request('destroy', { session_id: idOf(name) })));

  const mine = () => witness.events.filter(({ obj_id }) => obj_id.startsWith(run));
  const count = (type: string) => mine().filter((event) => event.type === type).length;
  await until('every session has told its end', async () => count('created') === count('destroyed'));
  checkLives(mine().map(({ obj_id, seq, type }) => ({ id: obj_id, seq, type })));
  witness.close();
}

/** An id may live several times, one life after another: each begins with `created` as number 1 and ends with `destroyed`. */
function checkLives(events: { id: string; seq: number; type: string }[]): void {
  for (const id of new Set(events.map((event) => event.id))) {
    let expected = 1;
    for (const { seq, type } of events.filter((event) => event.id === id)) {
      expect({ id, seq }).toEqual({ id, seq: expected });
      expect(type === 'created').toBe(seq === 1);
      expected = type === 'destroyed' ? 1 : expected + 1;
    }
    expect(expected).toBe(1);
  }
}
