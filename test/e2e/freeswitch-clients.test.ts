import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput } from '../../lib/client/index.ts';
import { Caller } from '../support/call-kinds.ts';
import { ForkedEnd } from '../support/forked-end.ts';
import type { HearingEnd } from '../support/freeswitch-ends.ts';
import {
  engines,
  type FreeSwitchStack,
  type Held,
  type Role,
  startFreeSwitchStack,
} from '../support/freeswitch-stack.ts';
import { watchIce } from '../support/ice.ts';
import { grows, until } from '../support/until.ts';

type Wish = Omit<CommandInput<'session/set_type'>, 'session_id'>;

const withoutCandidates = (sdp: string) => sdp.replace(/a=(candidate:|end-of-candidates).*\r\n/g, '');
const withAddress = (sdp: string, address: string) => sdp.replace(/^(a=candidate:(?:\S+ ){4})\S+/gm, `$1${address}`);
const directed = (direction: string) => (sdp: string) => sdp.replaceAll('a=sendrecv', `a=${direction}`);

/** What clients say that FreeSWITCH by itself would not take, or would negotiate anew for at each change of type. */
const sayings: Readonly<Record<string, (sdp: string) => string>> = {
  'only receives': directed('recvonly'),
  'only sends': directed('sendonly'),
  'is inactive': directed('inactive'),
  'is on hold as in olden times': (sdp) =>
    sdp.replace(/^c=IN IP4 .*$/gm, 'c=IN IP4 0.0.0.0\r').replaceAll('\r\r', '\r'),
  'has only mDNS candidates': (sdp) => withAddress(sdp, '0b7ff2f5-4a1c-4a1d-9b7e-3c1f0a8d6c11.local'),
  'has only IPv6 candidates': (sdp) => withAddress(sdp, '2001:db8::7'),
  'has no candidate': withoutCandidates,
};
/** By which a session goes through every ordered pair of types. */
const circuit = 'echo park bridge park mcu echo bridge echo mcu bridge mcu park'.split(' ') as readonly (
  | 'echo'
  | 'park'
  | 'bridge'
  | 'mcu'
)[];
const heldMs = 40_000;
const rungMs = 70_000;
const noticedMs = 75_000;

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
  });
  afterAll(() => world?.stop());

  const setType = ({ sessionId: session_id }: Held, wish: Wish) =>
    world.client.request('session/set_type', { session_id, ...wish });

  /** A client whose SDPs say something else than it does. */
  async function saying(change: (sdp: string) => string): Promise<HearingEnd> {
    const end = await world.ends.webrtc();
    return {
      ...end,
      ...(end.peerConnection && { peerConnection: end.peerConnection }),
      sdpType: 'webrtc',
      offer: async () => change(await end.offer()),
      takeAnswer: (sdp) => end.takeAnswer(sdp),
      answer: async (offer) => change(await end.answer(offer)),
      bytesIn: () => end.bytesIn(),
    };
  }

  const roles: readonly Role[] = ['offeree', 'offerer'];
  const cases = Object.entries(sayings).flatMap(([name, change]) => roles.map((role) => [name, role, change] as const));
  test.concurrent.each(cases)('a client that %s, patchbay as %s, becomes every type', async (_name, role, change) => {
    const other = await world.open('park', 'rtp', { stop_after_peer: false });
    const held = await world.openWith(await saying(change), 'park', {}, role);
    const ice = await watchIce(held.end.peerConnection, role === 'offeree');
    for (const type of circuit) {
      await setType(held, type === 'bridge' ? { type, peer_id: other.sessionId } : { type });
      expect(await world.info(held)).toMatchObject({ type, state: 'ready' });
    }
    // A re-INVITE, which nobody here answers, would soon have ended it.
    await delay(1000);
    await setType(held, { type: 'echo' });
    expect(ice()).toEqual([]);
    if (engine === 'double') expect(world.double.reinvites()).toBe(0);
    await world.hangUp(held, other);
  });

  test.each(roles)('candidates are taken, whatever they say and whenever they come, patchbay as %s', async (role) => {
    const { client } = world;
    const candidate = 'candidate:1 1 udp 2122194687 198.51.100.20 40000 typ host';
    const end = await saying(withoutCandidates);
    const held = await world.openWith(end, 'echo', {}, role);
    const { sessionId: session_id } = held;
    for (const one of [
      candidate,
      candidate.replace('198.51.100.20', 'phone.local'),
      candidate.replace('198.51.100.20', '::1'),
    ]) {
      await client.request('session/set_candidate', { session_id, sdpMid: '0', sdpMLineIndex: 0, candidate: one });
    }
    const candidates = [{ sdpMLineIndex: 0, candidate }];
    await client.request('session/set_candidate', { session_id, candidates });
    await client.request('session/set_candidate_end', { session_id });
    await client.request('session/set_candidate', { session_id, candidates });
    if (engine === 'real') await end.hears(end.hz);
    await world.hangUp(held);
  });

  test('plain RTP has no candidates', async () => {
    const held = await world.open('echo', 'rtp');
    const candidate = { sdpMLineIndex: 0, candidate: 'candidate:1 1 udp 1 198.51.100.20 40000 typ host' };
    const refused = world.client.request('session/set_candidate', { session_id: held.sessionId, ...candidate });
    await expect(refused).rejects.toMatchObject({ reason: 'invalid_operation' });
    await world.hangUp(held);
  });

  // Certificates are nothing that the double has.
  if (engine === 'real') {
    test.each(roles)('one whose certificate is not the one of its SDP gets no media, patchbay as %s', async (role) => {
      const end = await saying((sdp) =>
        sdp.replace(/(?<=^a=fingerprint:sha-256 ).*/m, (octets) => octets.trim().split(':').reverse().join(':')),
      );
      const held = await world.openWith(end, 'echo', {}, role);
      const over = () => world.heard.of(held.sessionId).find(({ type }) => type === 'destroyed');
      expect((await until('it is over', over)).body).toMatchObject({ reason: 'fs_channel_stop' });
      expect(await end.bytesIn()).toBe(0);
      await end.close();
    });
  }

  // What takes a minute on the real one would take it on the double for nothing: timers are not what that is held to.
  if (engine === 'real') {
    describe.concurrent('for longer than half a minute', () => {
      test.each(['webrtc', 'rtp'] as const)(
        'a call that FreeSWITCH offered goes on: %s',
        { timeout: 2 * heldMs },
        async (kind) => {
          const held = await world.open('echo', kind, {}, 'offerer');
          await held.end.hears(held.end.hz);
          await delay(heldMs);
          await held.end.hears(held.end.hz);
          expect(await world.info(held)).toMatchObject({ state: 'ready', type: 'echo' });
          await setType(held, { type: 'mcu' });
          await world.hangUp(held);
        },
      );

      test.each(['webrtc', 'rtp'] as const)(
        'one that rings can still be answered: %s',
        { timeout: 2 * rungMs },
        async (sdp_type) => {
          const end = await world.ends[sdp_type]();
          const data = { type: 'echo', backend: 'freeswitch', sdp_type, wait_timeout: 120, wait_reply: true } as const;
          const { session_id, offer } = await world.client.request('session/create', data);
          await delay(rungMs);
          const answer = { sdp: await end.answer(offer?.sdp ?? ''), sdp_type };
          await world.client.request('session/set_answer', { session_id, answer });
          await end.hears(end.hz);
          await world.hangUp({ sessionId: session_id, end });
        },
      );

      test.each(['park', 'echo', 'mcu'] as const)(
        'a client that is killed is noticed: %s',
        { timeout: 2 * noticedMs },
        async (type) => {
          const end = new ForkedEnd();
          const { sessionId, answered } = await new Caller(world.client).offer(end, { type, backend: 'freeswitch' });
          await answered;
          await until('it is connected', () => world.heard.statuses(sessionId, 'webrtc').length > 0);
          if (type !== 'park') await grows('media that comes', () => end.bytesIn(), 2000);
          await end.kill();
          const killedAtMs = performance.now();
          const [reason] = await until(
            'it is over',
            () => {
              const last = world.heard.of(sessionId).at(-1);
              return last?.type === 'destroyed' && [last.body.reason];
            },
            noticedMs,
          );
          console.info(
            `${type}, killed: noticed after ${((performance.now() - killedAtMs) / 1000).toFixed(1)} s: ${reason}`,
          );
          expect(reason).toBe('fs_channel_stop');
          expect(world.heard.statuses(sessionId, 'hangup')).toEqual([{ class: 'hangup', cause: 'MEDIA_TIMEOUT' }]);
        },
      );
    });
  }

  test('nothing is left of all these sessions, and each has told of its end once, without a gap before it', async () => {
    expect(await world.faulty()).toEqual([]);
  });
});
