import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput, CommandReply } from '../../lib/client/index.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import { type BareClient, bareClient } from '../support/bare-client.ts';
import { paperEnd } from '../support/freeswitch-ends.ts';
import {
  engines,
  type FreeSwitchStack,
  type FreeSwitchType,
  freeSwitchTypes,
  type Held,
  startFreeSwitchStack,
} from '../support/freeswitch-stack.ts';
import { watchIce } from '../support/ice.ts';
import { until } from '../support/until.ts';

type Wish = Omit<CommandInput<'session/set_type'>, 'session_id'>;
type Reply = CommandReply<'session/set_type'>;
/** A way to ask for another type. */
type Ask = (held: Held, wish: Wish) => Promise<Reply>;

const pairs = freeSwitchTypes.flatMap((from) =>
  freeSwitchTypes.filter((to) => to !== from).map((to) => [from, to] as const),
);

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  let bare: BareClient;
  /** Where media is measured: the double has it for plain RTP only. */
  const kind: SdpType = engine === 'double' ? 'rtp' : 'webrtc';
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
    bare = await bareClient(world.stack.api);
  });
  afterAll(async () => {
    await bare?.close();
    await world?.stop();
  });

  const asks: Readonly<Record<string, Ask>> = {
    set_type: (held, wish) => world.client.request('session/set_type', { session_id: held.sessionId, ...wish }),
    async 'the older update'({ sessionId: session_id }, { type: session_type, ...wish }) {
      const reply = await bare.request('update', { type: 'session_type', session_type, session_id, ...wish });
      expect(reply.result, JSON.stringify(reply)).toBe('ok');
      return reply.data;
    },
  };
  const setType = (held: Held, wish: Wish) => asks.set_type?.(held, wish) ?? Promise.reject(new Error('no way'));
  const typesOf = ({ sessionId }: Held) =>
    world.heard
      .of(sessionId)
      .filter(({ type }) => type === 'type')
      .map(({ body }) => body);
  const isNow = (held: Held, type: FreeSwitchType) =>
    until(`it is ${type}`, async () => (await world.info(held)).type === type);
  const isPaired = (one: Held, two: Held) => Promise.all([one.end.hears(two.end.hz), two.end.hears(one.end.hz)]);

  /** What each type needs, and what is then in the reply and heard. */
  const goes: Readonly<Record<FreeSwitchType, (held: Held, other: Held, ask: Ask) => Promise<object>>> = {
    async park(held, _other, ask) {
      expect(await ask(held, { type: 'park' })).toEqual({});
      await held.end.hearsNothing();
      return {};
    },
    async echo(held, _other, ask) {
      expect(await ask(held, { type: 'echo' })).toEqual({});
      await held.end.hears(held.end.hz);
      return {};
    },
    async bridge(held, other, ask) {
      const fields = { peer_id: other.sessionId };
      expect(await ask(held, { type: 'bridge', ...fields })).toEqual(fields);
      await isPaired(held, other);
      return fields;
    },
    async mcu(held, other, ask) {
      const { room_id, ...fields } = await ask(held, { type: 'mcu' });
      expect(fields).toEqual({ room_type: 'video-mcu-stereo' });
      await setType(other, { type: 'mcu', room_id });
      await isPaired(held, other);
      return { room_id, ...fields };
    },
  };

  describe.each(Object.keys(asks))('by %s', (way) => {
    const ask = asks[way] ?? setType;
    test.each(pairs)('%s becomes %s at once, and its media goes on', async (from, to) => {
      const [held, one, two] = [
        await world.open('park', kind),
        await world.open('park', 'rtp'),
        await world.open('park', kind),
      ];
      for (const other of [one, two]) await setType(other, { type: 'park', stop_after_peer: false });
      if (from !== 'park') await goes[from](held, one, setType);
      const before = typesOf(held).length;
      const ice = await watchIce(held.end.peerConnection, true);
      const atMs = performance.now();
      const fields = await goes[to](held, two, ask);
      const tookMs = Math.round(performance.now() - atMs);
      console.info(`${engine}: ${from} to ${to} by ${way}: heard after ${tookMs} ms`);
      expect(ice()).toEqual([]);

      expect(typesOf(held).slice(before)).toEqual([{ type: to, ...fields }]);
      if (to === 'bridge') expect(typesOf(two).at(-1)).toEqual({ type: to, peer_id: held.sessionId });
      if (from === 'bridge') await isNow(one, 'park');
      expect(await world.info(held)).toMatchObject({ type: to, type_ext: fields, state: 'ready' });
      await world.hangUp(held, one, two);
    });
  });

  test('in wait it is remembered, and the last word counts once the session is ready', async () => {
    for (const sdp_type of ['webrtc', 'rtp'] as const) {
      const end = await world.ends[sdp_type]();
      const data = { type: 'park', sdp_type, wait_reply: true } as const;
      const { session_id, offer } = await world.client.request('session/create', data);
      const held = { sessionId: session_id, end };
      const { room_id, ...rest } = await setType(held, { type: 'mcu' });
      expect([typeof room_id, rest]).toEqual(['string', { room_type: 'video-mcu-stereo' }]);
      expect(await setType(held, { type: 'echo' })).toEqual({});
      expect(await world.info(held)).toMatchObject({ type: 'park', state: 'wait' });
      const answer = { sdp: await end.answer(offer?.sdp ?? ''), sdp_type };
      await world.client.request('session/set_answer', { session_id, answer });
      await isNow(held, 'echo');
      await end.hears(end.hz);
      expect(typesOf(held)).toEqual([{ type: 'echo' }]);
      await world.hangUp(held);
    }
  });

  test('before its client is connected it is refused with why, and so is what was asked behind it', async () => {
    if (engine === 'double') world.double.delayEvent(/Event-Name: CHANNEL_PARK/, 20_000);
    const held = await world.openWith(paperEnd(), 'park');
    const { sessionId: session_id } = held;
    const asked = [
      setType(held, { type: 'echo' }),
      world.client.request('session/update_media', { session_id, mute_audio: true }),
      world.client.request('session/recorder_action', { session_id, action: 'start' }),
    ];
    const why = { reason: 'invalid_state', message: expect.stringContaining('not connected to FreeSWITCH yet') };
    await Promise.all(asked.map((one) => expect(one).rejects.toMatchObject(why)));
    await world.hangUp(held);
  });

  test('nothing is left of all these sessions, and each has told of its end once, without a gap before it', async () => {
    expect(await world.faulty()).toEqual([]);
    if (engine === 'double') expect(world.double.reinvites()).toBe(0);
  });
});
