import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lateCandidateMs } from '../../lib/domain/trickle.ts';
import { type CallBench, startCallBench } from '../support/call-bench.ts';
import { WebrtcEnd } from '../support/call-ends.ts';
import { Caller, type CallKind, callKindNames, callKinds, type Deliver } from '../support/call-kinds.ts';
import { candidatesGiven } from '../support/janus-admin.ts';
import { grows } from '../support/until.ts';

/** What a client can send, around the request that carries its SDP. */
interface Sending {
  readonly request: () => Promise<unknown>;
  readonly each: () => Promise<unknown>;
  readonly all: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}
type Manner = (sending: Sending) => Promise<void>;

const manners = {
  async 'one by one'({ request, each, end }) {
    await request();
    await each();
    await end();
  },
  async 'in a list'({ request, all, end }) {
    await request();
    await all();
    await end();
  },
  async 'before what they belong to'({ request, all, end }) {
    const early = all();
    await delay(300);
    await request();
    await early;
    await end();
  },
  async 'almost 1 s after the end'({ request, all, end }) {
    await request();
    await end();
    await delay(lateCandidateMs - 100);
    await all();
  },
} satisfies Record<string, Manner>;
const mannerNames = Object.keys(manners) as (keyof typeof manners)[];

const never: Manner = async ({ request }) => void (await request());

const delivering =
  ({ client }: CallBench, manner: Manner): Deliver =>
  async (end, session_id, request) => {
    if (!(end instanceof WebrtcEnd)) return request();
    const candidates = await end.candidates();
    expect(candidates.length).toBeGreaterThan(0);
    const reply = Promise.withResolvers<Awaited<ReturnType<typeof request>>>();
    await manner({
      request: async () => reply.resolve(await request()),
      async each() {
        for (const candidate of candidates) await client.request('session/set_candidate', { session_id, ...candidate });
      },
      all: () => client.request('session/set_candidate', { session_id, candidates }),
      end: () => client.request('session/set_candidate_end', { session_id }),
    });
    return reply.promise;
  };

/** Makes a call, waits for its media, and ends it. `janusGot`: whether Janus was given its clients' candidates. */
async function callConnects(bench: CallBench, kind: CallKind, deliver: Deliver | undefined, janusGot: boolean) {
  const caller = new Caller(bench.client, deliver);
  const sides = await callKinds[kind](caller, bench.ends({ trickles: deliver !== undefined }));
  for (const { end, hears } of sides) if (hears) await grows('media that comes', () => end.bytesIn(), 3000);
  for (const { end } of sides) {
    if (!(end instanceof WebrtcEnd)) continue;
    const given = await candidatesGiven(bench.stack.janus, end.ufrag);
    expect(given.length > 0, `${given}`).toBe(janusGot);
  }
  for (const { sessionId } of sides) {
    await bench.client.request('session/destroy', { session_id: sessionId }).catch(() => undefined);
  }
}

describe('a client that sends no candidate in its SDP and trickles them connects in every type', () => {
  let bench: CallBench;
  beforeAll(async () => {
    bench = await startCallBench();
  });
  afterAll(async () => {
    await bench.nothingIsLeft();
    await bench.stop();
  });

  const cases = callKindNames.flatMap((kind) => mannerNames.map((manner) => [kind, manner] as const));
  test.concurrent.each(cases)('%s, %s', (kind, manner) =>
    callConnects(bench, kind, delivering(bench, manners[manner]), true),
  );

  test.concurrent.each(callKindNames)('so does one whose candidates never come: %s', (kind) =>
    callConnects(bench, kind, delivering(bench, never), false),
  );
});

describe('an RTP client that sends candidates', () => {
  let bench: CallBench;
  beforeAll(async () => {
    bench = await startCallBench();
  });
  afterAll(() => bench.stop());

  const candidate = 'candidate:1 1 udp 2122194687 127.0.0.1 40000 typ host';

  test.each(['proxy, WebRTC to RTP', 'proxy, RTP to WebRTC'] as const)(
    'is told that it has none, and its call goes on: %s',
    async (kind) => {
      const { client } = bench;
      const isRefused = (session_id: string) =>
        expect(
          client.request('session/set_candidate', { session_id, sdpMLineIndex: 0, candidate }),
        ).rejects.toMatchObject({ reason: 'invalid_operation' });
      const caller = new Caller(client, async (end, session_id, request) => {
        if (end.sdpType === 'webrtc') return request();
        const early = isRefused(session_id);
        const reply = await request();
        await early;
        await isRefused(session_id);
        await client.request('session/set_candidate_end', { session_id });
        return reply;
      });
      const sides = await callKinds[kind](caller, bench.ends());
      for (const { end, sessionId } of sides) {
        await grows('media that comes', () => end.bytesIn(), 3000);
        if (end.sdpType === 'rtp') await isRefused(sessionId);
      }
    },
  );
});

describe('where Janus is given no candidates of clients', () => {
  let bench: CallBench;
  beforeAll(async () => {
    bench = await startCallBench({ PATCHBAY_CLIENT_CANDIDATES: 'none' });
  });
  afterAll(async () => {
    await bench.nothingIsLeft();
    await bench.stop();
  });

  test.concurrent.each(callKindNames)('a client whose candidates never come connects: %s', (kind) =>
    callConnects(bench, kind, delivering(bench, never), false),
  );

  test.concurrent.each(callKindNames)('so does one that trickles them: %s', (kind) =>
    callConnects(bench, kind, delivering(bench, manners['in a list']), false),
  );

  test.concurrent.each(callKindNames)('and one that has them in its SDP: %s', (kind) =>
    callConnects(bench, kind, undefined, false),
  );
});
