import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput, Reason } from '../../lib/client/index.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import { engines, type FreeSwitchStack, type Held, startFreeSwitchStack } from '../support/freeswitch-stack.ts';
import { until } from '../support/until.ts';
import { makeOfferSdp } from '../support/wrtc.ts';

type Wish = Omit<CommandInput<'session/set_type'>, 'session_id'>;

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  /** Where media is measured: the double has it for plain RTP only. */
  const kind: SdpType = engine === 'double' ? 'rtp' : 'webrtc';
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
  });
  afterAll(() => world?.stop());

  const setType = ({ sessionId: session_id }: Held, wish: Wish) =>
    world.client.request('session/set_type', { session_id, ...wish });
  const typesOf = ({ sessionId }: Held) =>
    world.heard.of(sessionId).flatMap(({ type, body }) => (type === 'type' ? [body] : []));
  const hearEachOther = (one: Held, two: Held) => Promise.all([one.end.hears(two.end.hz), two.end.hears(one.end.hz)]);
  const isBridged = async (one: Held, two: Held) => {
    for (const [held, other] of [
      [one, two],
      [two, one],
    ] as const) {
      await until(`it is bridged with ${other.sessionId}`, () => typesOf(held).at(-1)?.peer_id === other.sessionId);
      expect(typesOf(held).at(-1)).toEqual({ type: 'bridge', peer_id: other.sessionId });
      expect(await world.info(held)).toMatchObject({ type: 'bridge', type_ext: { peer_id: other.sessionId } });
    }
    await hearEachOther(one, two);
  };
  const reasonsOf = ({ sessionId }: Held) => world.heard.endings(sessionId);

  /** Each way in which one leaves a bridge, and the reason of its own end, if it ends. */
  const leaves: Readonly<
    Record<string, readonly [leave: (held: Held, call: string) => Promise<unknown>, reason?: Reason]>
  > = {
    'by set_type': [(held) => setType(held, { type: 'park' })],
    'by set_type to another room': [(held) => setType(held, { type: 'mcu' })],
    'by destroy': [({ sessionId }) => world.client.request('session/destroy', { session_id: sessionId }), 'user_stop'],
    'by a hang-up': [(_held, call) => world.ask(`uuid_kill ${call}`), 'fs_channel_stop'],
  };
  test.each(Object.entries(leaves))(
    'who is left alone %s stops, or parks if it said so',
    async (_how, [leave, reason]) => {
      for (const stop_after_peer of [true, false]) {
        const other = await world.open('park', kind, { stop_after_peer });
        const before = await until('its call is listed', async () => {
          const calls = await world.channels();
          return calls.length === 1 && calls;
        });
        const held = await world.open('bridge', 'rtp', { peer_id: other.sessionId });
        await isBridged(held, other);
        const call = await until('the call is listed', async () =>
          (await world.channels()).find((one) => !before.includes(one)),
        );
        await leave(held, call);
        if (stop_after_peer) expect(await reasonsOf(other)).toEqual(['bridge_stop']);
        else await isParkedWell(other);
        if (reason !== undefined) expect(await reasonsOf(held)).toEqual([reason]);
        else await world.hangUp(held);
        await until('no call is listed', async () => (await world.channels()).length === 0);
      }
    },
  );

  /** Back in park it is as good as ever. */
  async function isParkedWell(held: Held): Promise<void> {
    await until('it is parked', () => typesOf(held).at(-1)?.type === 'park', 1000);
    expect(typesOf(held).map(({ type }) => type)).toEqual(['bridge', 'park']);
    expect(await world.info(held)).toMatchObject({ type: 'park', type_ext: {}, state: 'ready' });
    await held.end.hearsNothing();
    await setType(held, { type: 'echo' });
    await held.end.hears(held.end.hz);
    await world.hangUp(held);
  }

  test.each([true, false])(
    'who loses its peer to another one stops or parks: stop_after_peer %s',
    async (stop_after_peer) => {
      const deserted = await world.open('park', kind, { stop_after_peer });
      const wanted = await world.open('park', 'rtp');
      await setType(deserted, { type: 'bridge', peer_id: wanted.sessionId });
      await isBridged(deserted, wanted);
      const thief = await world.open('bridge', kind, { peer_id: wanted.sessionId });
      await isBridged(thief, wanted);
      if (stop_after_peer) expect(await reasonsOf(deserted)).toEqual(['bridge_stop']);
      else await isParkedWell(deserted);
      await world.hangUp(thief);
      expect(await reasonsOf(wanted)).toEqual(['bridge_stop']);
    },
  );

  test('stop_after_peer of set_type counts from then on', async () => {
    const [one, two] = [await world.open('park', 'rtp'), await world.open('park', kind)];
    await setType(two, { type: 'park', stop_after_peer: false });
    await setType(one, { type: 'bridge', peer_id: two.sessionId, stop_after_peer: true });
    await setType(two, { type: 'echo' });
    expect(await reasonsOf(one)).toEqual(['bridge_stop']);
    await world.hangUp(two);
  });

  test.each(['peer_id', 'master_id'] as const)('a bridge is made by %s, and ends with it', async (field) => {
    const master = await world.open('echo', kind);
    const slave = await world.open('bridge', 'rtp', { [field]: master.sessionId });
    await isBridged(slave, master);
    const [ofSlave, ofMaster] = [await world.info(slave), await world.info(master)];
    expect(ofSlave).toMatchObject({ type_ext: { peer_id: master.sessionId }, peer_id: master.sessionId });
    const link = field === 'master_id' ? [master.sessionId, slave.sessionId] : [undefined, undefined];
    expect([ofSlave.master_id, ofMaster.slave_id]).toEqual(link);
    await world.hangUp(master);
    expect(await reasonsOf(slave)).toEqual(['bridge_stop']);
  });

  test.each(['create', 'set_type'] as const)('a peer in wait is bridged when both are ready, by %s', async (how) => {
    const end = await world.ends.rtp();
    const data = { type: 'park', sdp_type: 'rtp', wait_reply: true } as const;
    const { session_id, offer } = await world.client.request('session/create', data);
    const waiting = { sessionId: session_id, end };
    const held = await world.open(
      how === 'create' ? 'bridge' : 'park',
      kind,
      how === 'create' ? { peer_id: session_id } : {},
    );
    const asked = how === 'set_type' && setType(held, { type: 'bridge', peer_id: session_id });
    expect(await world.info(held)).toMatchObject({ state: 'ready' });
    expect(typesOf(held)).toEqual([]);
    const answer = { sdp: await end.answer(offer?.sdp ?? ''), sdp_type: 'rtp' } as const;
    await world.client.request('session/set_answer', { session_id, answer });
    if (asked) expect(await asked).toEqual({ peer_id: session_id });
    await isBridged(held, waiting);
    await world.hangUp(held);
    expect(await reasonsOf(waiting)).toEqual(['bridge_stop']);
  });

  test('what cannot be is refused, and changes nothing', async () => {
    const { client } = world;
    const held = await world.open('echo', kind);
    const other = await world.open('park', 'rtp');
    const janus = { type: 'echo', backend: 'janus', offer: { sdp: await makeOfferSdp() } } as const;
    const { session_id: elsewhere } = await client.request('session/create', { ...janus, wait_reply: true });
    const { room_id: sfu } = await client.request('room/create', { class: 'sfu' });
    const peer_id = other.sessionId;
    const offer = { sdp: await (await world.ends.rtp()).offer(), sdp_type: 'rtp' } as const;
    const bridge = (fields: object) => client.request('session/create', { type: 'bridge', offer, ...fields });
    const refused: readonly (readonly [Reason, () => Promise<unknown>])[] = [
      ['missing_field', () => setType(held, { type: 'bridge' })],
      ['invalid_value', () => setType(held, { type: 'bridge', peer_id: held.sessionId })],
      ['unknown_peer', () => setType(held, { type: 'bridge', peer_id: 'nobody' })],
      ['different_mediaserver', () => setType(held, { type: 'bridge', peer_id: elsewhere })],
      ['incompatible_session', () => setType(held, { type: 'proxy' })],
      ['incompatible_session', () => setType(held, { type: 'publish' })],
      ['incompatible_session', () => setType({ ...held, sessionId: elsewhere }, { type: 'park' })],
      ['incompatible_session', () => setType(held, { type: 'mcu', room_id: sfu })],
      ['missing_field', () => bridge({})],
      ['invalid_parameters', () => bridge({ peer_id, master_id: held.sessionId })],
      ['unknown_peer', () => bridge({ session_id: 'myself', peer_id: 'myself' })],
      ['unknown_peer', () => bridge({ peer_id: 'nobody' })],
      ['different_mediaserver', () => bridge({ peer_id: elsewhere })],
      ['incompatible_session', () => bridge({ peer_id, backend: 'janus' })],
    ];
    for (const [reason, request] of refused) await expect(request()).rejects.toMatchObject({ reason });
    expect(await world.info(held)).toMatchObject({ type: 'echo' });
    expect([...typesOf(held), ...typesOf(other)]).toEqual([]);
    await held.end.hears(held.end.hz);
    await client.request('session/destroy', { session_id: elsewhere });
    await client.request('room/destroy', { room_id: sfu });
    await world.hangUp(held, other);
  });

  test('nothing is left of all these sessions, and each has told of its end once, without a gap before it', async () => {
    expect(await world.faulty()).toEqual([]);
  });
});
