import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { withoutCandidates } from '../../lib/domain/sdp.ts';
import { check } from '../../lib/protocol/check.ts';
import { type CreateData, createData } from '../../lib/protocol/session.ts';
import {
  conference,
  connectHost,
  endOf,
  inProcess,
  listenerTo,
  type Party,
  withFreeSwitch,
} from '../support/in-process.ts';
import { answer, offer } from '../support/sdp.ts';
import { until } from '../support/until.ts';

/**
 * docs/protocol.md#create, field by field: its default, what is refused, and what it does.
 */
const world = inProcess();

interface Row {
  /** The table's default; undefined where it has none, or where it is made. The schema gives it or leaves it for later. */
  readonly byDefault?: unknown;
  /** Takes its time, and can take it beside others: it leaves the engine as it is. */
  readonly waits?: true;
  /** Values that are refused, by a message that names the field. */
  readonly wrong: readonly unknown[];
  does(): Promise<void>;
}

const echo = { type: 'echo', offer };
const p2p = { type: 'p2p', offer };
const publish = { type: 'publish', offer };
const mcu = { type: 'mcu', offer };
const candidate = { sdpMid: '0', sdpMLineIndex: 0, candidate: 'candidate:7 1 udp 7 192.0.2.77 9 typ host' };
const trickled = { sdp: withoutCandidates(offer.sdp), sdp_type: 'webrtc', trickle_ice: true };
const trickledAnswer = { ...trickled, sdp: withoutCandidates(answer.sdp) };
const notId = ['', 'a b', 'a\n', 'a\u0000', 'x'.repeat(65), 'a@b@c', 5, null];
const notFlag = ['true', 1, null];

const ann = () => world.connect();
const host = () => connectHost(world);
const info = async (party: Party, session_id: string) => party.ask('get_info', { session_id });
/** What get_info says of a session that was made with these data. */
async function infoOf(data: Record<string, unknown>) {
  const party = await ann();
  return info(party, await party.create(data));
}
/** Of the room that is made for a publisher: what the engine is told; a room that is there has its own. */
const ofRoom = (field: string, values: readonly unknown[], engine: (value: unknown) => object) => async () => {
  for (const value of values) {
    await (await host()).create({ ...publish, [field]: value });
    expect(world.janus.room.spec).toMatchObject(engine(value));
  }
  await (await host()).create(publish);
  expect(world.janus.room.spec).toMatchObject(engine(values[0]));
  const { host: party, room_id } = await conference(world);
  expect(await party.create({ ...publish, room_id, [field]: values[0] })).toMatch(/@n1$/);
  expect(await party.refused('create', { ...publish, room_id, [field]: values[1] })).toMatchObject({
    reason: 'invalid_parameters',
    error: `data.${field} is ${values[1]}, but room ${room_id} has ${values[0]}`,
  });
};
async function pair(masterData: Record<string, unknown> = {}, slaveData: Record<string, unknown> = {}) {
  const party = await ann();
  const master = await party.create({ ...p2p, ...masterData });
  const slave = await party.create({ type: 'p2p', master_id: master, ...slaveData });
  return { party, master, slave };
}
const media = (field: string, value: unknown, byDefault: unknown) => async () => {
  expect(await infoOf(echo)).toHaveProperty(field, byDefault);
  expect(await infoOf({ ...echo, [field]: value })).toHaveProperty(field, value);
  expect(world.janus.media.spec.media).toHaveProperty(field, value);
};
const notPlayed = (field: string): Row => ({
  wrong: [],
  does: async () => {
    for (const value of ['https://example.com/a.wav', 3, null]) {
      expect(await (await ann()).refused('create', { ...echo, [field]: value })).toMatchObject({
        reason: 'not_implemented',
        error: expect.stringContaining(`data.${field}`),
      });
    }
  },
});

const rows = {
  type: {
    wrong: ['conference', 5, null, 'toString'],
    does: async () => {
      expect(await (await ann()).refused('create', { offer })).toMatchObject({
        reason: 'missing_field',
        error: 'data.type is missing',
      });
      expect(await infoOf(p2p)).toMatchObject({ type: 'p2p' });
    },
  },
  session_id: {
    wrong: [...notId, 'a@n1'],
    does: async () => {
      const party = await ann();
      expect(await party.create(p2p)).toMatch(/^[0-9a-f-]{36}@n1$/);
      const session_id = `Mine_1.2:3-${randomUUID()}`;
      expect(await party.create({ ...p2p, session_id })).toBe(session_id);
      expect(await party.refused('create', { ...p2p, session_id })).toMatchObject({ reason: 'duplicated_session_id' });
      // The same id in another tenant is another session.
      const other = await world.connect({ tenant: 'globex' });
      expect(await other.create({ ...p2p, session_id })).toBe(session_id);
      await party.ask('destroy', { session_id });
      expect(await party.create({ ...p2p, session_id })).toBe(session_id);
    },
  },
  wait_reply: {
    byDefault: false,
    wrong: notFlag,
    does: async () => {
      const party = await ann();
      world.janus.answers = 'later';
      expect(await party.ask('create', echo)).not.toHaveProperty('answer');
      world.janus.answers = 'now';
      expect(await party.ask('create', { ...echo, wait_reply: true })).toMatchObject({ answer });
      const master_id = await party.create(p2p);
      expect(await party.ask('create', { type: 'p2p', master_id, wait_reply: true })).toMatchObject({ offer });
    },
  },
  offer: {
    wrong: [
      'v=0',
      null,
      { sdp: 5 },
      { ...offer, sdp_type: 'sip' },
      { ...offer, sdp: 'v=0\r\n' },
      { ...offer, trickle_ice: 'no' },
    ],
    does: async () => {
      expect(await infoOf(echo)).toMatchObject({ backend_role: 'offeree', offer });
      const { publisher_id } = await conference(world);
      expect(await infoOf({ type: 'listen', publisher_id })).toMatchObject({ backend_role: 'offerer', offer });
      expect(await (await ann()).refused('create', { type: 'echo', offer: {} })).toMatchObject({
        reason: 'missing_sdp',
      });
    },
  },
  sdp_type: {
    byDefault: 'webrtc',
    wrong: ['sip', 5, null],
    does: async () => {
      const party = await world.connect({ scope: 'media:session media:rtp' });
      const { publisher_id } = await conference(world);
      const listen = { type: 'listen', publisher_id };
      expect(await party.create({ ...listen, sdp_type: 'webrtc' })).toMatch(/@n1$/);
      // The kind that patchbay makes as offerer: of a listener, no other.
      expect(await party.refused('create', { ...listen, sdp_type: 'rtp' })).toMatchObject({
        reason: 'incompatible_session',
        error: expect.stringContaining('rtp'),
      });
      expect(await party.refused('create', { ...echo, sdp_type: 'rtp' })).toMatchObject({
        reason: 'invalid_parameters',
      });
      // The far side of a proxy.
      expect(await party.create({ type: 'proxy', offer, sdp_type: 'rtp' })).toMatch(/@n1$/);
      expect(world.janus.media.spec.kinds).toEqual({ near: 'webrtc', far: 'rtp' });
      expect(await (await ann()).refused('create', { type: 'proxy', offer, sdp_type: 'rtp' })).toMatchObject({
        reason: 'unauthorized',
        error: expect.stringContaining('media:rtp'),
      });
    },
  },
  offer_video: {
    wrong: notFlag,
    does: () =>
      withFreeSwitch(world, async (freeswitch) => {
        const party = await world.connect({ scope: 'media:session media:rtp' });
        const offers = async (fields: Record<string, unknown>) => {
          await party.create({ type: 'park', ...fields });
          return freeswitch.media.spec.offers;
        };
        expect(await offers({})).toEqual({ sdpType: 'webrtc', hasVideo: true });
        expect(await offers({ offer_video: false })).toEqual({ sdpType: 'webrtc', hasVideo: false });
        expect(await offers({ sdp_type: 'rtp' })).toEqual({ sdpType: 'rtp', hasVideo: false });
        expect(await offers({ sdp_type: 'rtp', offer_video: true })).toEqual({ sdpType: 'rtp', hasVideo: true });
        // Whoever brings an offer is offered nothing.
        expect(await offers({ offer, offer_video: true })).toBeUndefined();
      }),
  },
  backend: {
    wrong: [5, null, 'x'.repeat(65)],
    does: async () => {
      expect(await infoOf(echo)).toMatchObject({ backend: 'janus' });
      for (const backend of ['janus', 'nkmedia_janus']) {
        expect(await infoOf({ ...echo, backend })).toMatchObject({ backend: 'janus' });
      }
      for (const backend of ['freeswitch', 'nkmedia_fs']) {
        expect(await (await ann()).refused('create', { ...echo, backend })).toMatchObject({ reason: 'no_mediaserver' });
      }
      expect(await (await ann()).refused('create', { ...echo, backend: 'p2p' })).toMatchObject({
        reason: 'incompatible_session',
      });
      expect(await (await ann()).refused('create', { ...echo, backend: 'kurento' })).toMatchObject({
        reason: 'unknown_backend',
      });
    },
  },
  no_offer_trickle_ice: {
    waits: true,
    byDefault: false,
    wrong: notFlag,
    does: async () => {
      const as_it_is = await pair({ offer: trickled });
      expect(await as_it_is.party.ask('get_offer', { session_id: as_it_is.slave })).toEqual({ offer: trickled });

      const { party, master, slave } = await pair({ offer: trickled, no_offer_trickle_ice: true });
      await party.ask('set_candidate', { session_id: master, ...candidate });
      await party.ask('set_candidate_end', { session_id: master });
      const collected = Object(await party.ask('get_offer', { session_id: slave })).offer;
      expect(collected).toMatchObject({
        trickle_ice: false,
        sdp: expect.stringContaining(`a=${candidate.candidate}\r\n`),
      });
    },
  },
  no_answer_trickle_ice: {
    waits: true,
    byDefault: false,
    wrong: notFlag,
    does: async () => {
      const as_it_is = await pair();
      await as_it_is.party.ask('set_answer', { session_id: as_it_is.slave, answer: trickledAnswer });
      expect(await as_it_is.party.ask('get_answer', { session_id: as_it_is.master })).toEqual({
        answer: trickledAnswer,
      });

      const { party, master, slave } = await pair({}, { no_answer_trickle_ice: true });
      await party.ask('set_answer', { session_id: slave, answer: trickledAnswer });
      await party.ask('set_candidate', { session_id: slave, ...candidate });
      await party.ask('set_candidate_end', { session_id: slave });
      const collected = Object(await party.ask('get_answer', { session_id: master })).answer;
      expect(collected).toMatchObject({
        trickle_ice: false,
        sdp: expect.stringContaining(`a=${candidate.candidate}\r\n`),
      });
    },
  },
  trickle_ice_timeout: {
    waits: true,
    byDefault: 5000,
    wrong: [99, 20_001, 100.5, '5000', null],
    does: async () => {
      const party = await ann();
      const data = { ...p2p, offer: trickled, no_offer_trickle_ice: true, trickle_ice_timeout: 500 };
      const startedAt = Date.now();
      const session_id = await party.create(data);
      await party.ask('set_candidate', { session_id, ...candidate });
      // No end is signalled.
      expect(await party.ask('get_offer', { session_id })).toMatchObject({ offer: { trickle_ice: false } });
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(495);
      expect(Date.now() - startedAt).toBeLessThan(3000);
    },
  },
  master_id: {
    waits: true,
    wrong: notId,
    does: async () => {
      const { party, master, slave } = await pair();
      expect(await info(party, slave)).toMatchObject({ master_id: master, peer_id: master, offer });
      expect(await info(party, master)).toMatchObject({ slave_id: slave, peer_id: slave });
      expect(await party.refused('create', { type: 'p2p', master_id: 'nobody' })).toMatchObject({
        reason: 'unknown_peer',
      });
      const bob = await world.connect({ sub: 'bob' });
      expect(await bob.refused('create', { type: 'p2p', master_id: master })).toMatchObject({ reason: 'unauthorized' });

      // Of a proxy: the slave is offered what the engine made, and the answer made of its own is the master's.
      const caller = await party.create({ type: 'proxy', offer });
      const callee = await party.create({ type: 'bridge', master_id: caller });
      expect(await party.ask('get_offer', { session_id: callee })).toEqual({ offer });
      await party.ask('set_answer', { session_id: callee, answer });
      expect(await party.ask('get_answer', { session_id: caller })).toEqual({ answer });
      expect(await info(party, callee)).toMatchObject({ type: 'proxy', master_id: caller, state: 'ready' });
    },
  },
  set_master_answer: {
    waits: true,
    wrong: notFlag,
    does: async () => {
      const set = await pair();
      await set.party.ask('set_answer', { session_id: set.slave, answer });
      expect(await set.party.ask('get_answer', { session_id: set.master })).toEqual({ answer });

      const { party, master, slave } = await pair({}, { set_master_answer: false });
      await party.ask('set_answer', { session_id: slave, answer });
      expect(await info(party, slave)).toMatchObject({ state: 'ready' });
      expect(await party.refused('get_answer', { session_id: master, timeout: 1 })).toMatchObject({
        reason: 'timeout',
      });
      expect(await info(party, master)).toMatchObject({ state: 'wait' });
    },
  },
  stop_after_peer: {
    waits: true,
    byDefault: true,
    wrong: notFlag,
    does: async () => {
      const stops = await pair();
      await stops.party.ask('destroy', { session_id: stops.master });
      expect(await endOf(stops.party, stops.slave)).toMatchObject({ reason: 'peer_stopped' });

      const stays = await pair({}, { stop_after_peer: false });
      await stays.party.ask('destroy', { session_id: stays.master });
      await until('it is alone', async () => !('peer_id' in (await info(stays.party, stays.slave))));
      expect(stays.party.of(stays.slave, 'destroyed')).toEqual([]);
    },
  },
  peer_id: {
    wrong: notId,
    does: async () => {
      const party = await ann();
      const bridge = { type: 'bridge', offer };
      expect(await party.refused('create', { ...bridge, peer_id: 'nobody' })).toMatchObject({
        reason: 'unknown_peer',
        error: 'data.peer_id: no session nobody',
      });
      // It goes to the engine of its peer, which does not bridge.
      const other = await party.create(echo);
      expect(await party.refused('create', { ...bridge, peer_id: other })).toMatchObject({
        reason: 'different_mediaserver',
        error: `session ${other} is on janus`,
      });
      // Of a proxy it names the master.
      const master_id = await party.create({ type: 'proxy', offer });
      const slave = await party.create({ type: 'proxy', peer_id: master_id });
      expect(await info(party, slave)).toMatchObject({ master_id, peer_id: master_id });

      await withFreeSwitch(world, async () => {
        for (const field of ['peer_id', 'master_id']) {
          const peer_id = await party.create({ type: 'park', offer });
          const session_id = await party.create({ ...bridge, [field]: peer_id });
          await until('they are bridged', () => party.of(peer_id, 'type').length > 0);
          expect(party.of(peer_id, 'type')[0]?.body).toEqual({ type: 'bridge', peer_id: session_id });
          expect(party.of(session_id, 'type')[0]?.body).toEqual({ type: 'bridge', peer_id });
          expect(party.of(session_id, 'created')[0]?.body).toMatchObject({ type: 'bridge', peer_id });
          // The master link is that of the bridge, and ends with it.
          const link = field === 'master_id' ? { master_id: peer_id } : {};
          expect(await info(party, session_id)).toMatchObject({ type_ext: { peer_id }, peer_id, ...link });
        }
        expect(await party.refused('create', bridge)).toMatchObject({ reason: 'missing_field' });
        const [one, two] = [await party.create({ type: 'park', offer }), await party.create({ type: 'park', offer })];
        expect(await party.refused('create', { ...bridge, peer_id: one, master_id: two })).toMatchObject({
          reason: 'invalid_parameters',
        });

        // When one leaves, the other stops, or goes back to park where it is not to stop.
        for (const stop_after_peer of [true, false]) {
          const peer_id = await party.create({ type: 'park', offer });
          const session_id = await party.create({ ...bridge, peer_id, stop_after_peer });
          await until('they are bridged', () => party.of(session_id, 'type').length > 0);
          await party.ask('destroy', { session_id: peer_id });
          if (stop_after_peer) expect(await endOf(party, session_id)).toMatchObject({ reason: 'bridge_stop' });
          else {
            await until('it is parked', async () => (await info(party, session_id)).type === 'park');
            expect(party.of(session_id, 'type').at(-1)?.body).toEqual({ type: 'park' });
          }
        }
      });
    },
  },
  room_id: {
    wrong: notId,
    does: async () => {
      const { host: party, room_id, publisher_id } = await conference(world);
      expect(await info(party, publisher_id)).toMatchObject({ room_id, type_ext: { room_id } });
      // Without it one is made.
      const made = await party.ask('create', publish);
      expect(made).toMatchObject({ room_id: expect.stringMatching(/^[0-9a-f-]{36}@n1$/), room: made.room_id });
      expect(made.room_id).not.toBe(room_id);
      // A listener's is that of its publisher.
      expect(await party.create({ type: 'listen', publisher_id, room_id })).toMatch(/@n1$/);
      expect(await party.refused('create', { type: 'listen', publisher_id, room_id: made.room_id })).toMatchObject({
        reason: 'invalid_parameters',
        error: `data.room_id: ${publisher_id} is in room ${room_id}`,
      });
      // A member's is joined or made.
      await withFreeSwitch(world, async (freeswitch) => {
        const mine = `lobby-${randomUUID()}`;
        for (let at = 0; at < 2; at += 1) {
          expect(await party.ask('create', { ...mcu, room_id: mine })).toMatchObject({ room_id: mine, room: mine });
        }
        expect(freeswitch.rooms).toHaveLength(1);
        expect(await party.ask('create', mcu)).toMatchObject({ room_id: expect.stringMatching(/@fs$/) });
        expect(await party.refused('create', { ...mcu, room_id })).toMatchObject({ reason: 'incompatible_session' });
      });
    },
  },
  create_room: {
    byDefault: false,
    wrong: notFlag,
    does: async () => {
      const room_id = `lobby-${randomUUID()}`;
      const party = await host();
      expect(await party.refused('create', { ...publish, room_id })).toMatchObject({
        reason: 'room_not_found',
        error: `no room ${room_id}`,
      });
      expect(await (await ann()).refused('create', { ...publish, room_id, create_room: true })).toMatchObject({
        reason: 'unauthorized',
        error: 'this needs the scope media:room',
      });
      expect(await party.ask('create', { ...publish, room_id, create_room: true })).toMatchObject({ room_id });
      // Then it is there: for whoever comes later, with or without the flag.
      expect(await (await ann()).ask('create', { ...publish, room_id, create_room: true })).toMatchObject({ room_id });
      expect(await (await ann()).ask('create', { ...publish, room_id })).toMatchObject({ room_id });
    },
  },
  room_type: {
    byDefault: 'video-mcu-stereo',
    wrong: ['', 'a b', 'a;b', 'x'.repeat(65), 5, null],
    does: () =>
      withFreeSwitch(world, async (freeswitch) => {
        const party = await host();
        const { room_id } = await party.ask('create', mcu);
        expect(freeswitch.room.spec.profile).toBe('video-mcu-stereo');
        await party.create({ ...mcu, room_type: 'audio-mcu' });
        expect(freeswitch.room.spec.profile).toBe('audio-mcu');
        expect(await party.refused('create', { ...mcu, room_id, room_type: 'audio-mcu' })).toMatchObject({
          reason: 'invalid_parameters',
          error: `data.room_type is audio-mcu, but room ${room_id} has video-mcu-stereo`,
        });
        const session_id = await party.create({ ...mcu, room_id, room_type: 'video-mcu-stereo' });
        expect(await info(party, session_id)).toMatchObject({ room_id, room_type: 'video-mcu-stereo' });
      }),
  },
  layout: {
    wrong: ['', '2 x 2', '../x', 'x'.repeat(65), 5, null],
    does: () =>
      withFreeSwitch(world, async (freeswitch) => {
        const party = await host();
        const { room_id } = await party.ask('create', { ...mcu, layout: '1up_top_left+9' });
        expect(freeswitch.room.spec.layout).toBe('1up_top_left+9');
        expect(await party.ask('room/get_info', { room_id })).toMatchObject({ layout: '1up_top_left+9' });
        await party.create(mcu);
        expect(freeswitch.room.spec.layout).toBeUndefined();
      }),
  },
  room_audio_codec: {
    byDefault: 'opus',
    wrong: ['mp3', 'OPUS', 5, null],
    does: ofRoom('room_audio_codec', ['opus', 'isac32', 'isac16', 'pcmu', 'pcma'], (audioCodec) => ({ audioCodec })),
  },
  room_video_codec: {
    byDefault: 'vp8',
    wrong: ['av1', 5, null],
    does: ofRoom('room_video_codec', ['vp8', 'vp9', 'h264'], (videoCodec) => ({ videoCodec })),
  },
  room_bitrate: {
    byDefault: 0,
    wrong: [-1, 0.5, 1_000_001, '0', null],
    does: ofRoom('room_bitrate', [0, 512, 1_000_000], (kbps) => ({ bitrateBps: Number(kbps) * 1000 })),
  },
  publisher_id: {
    wrong: notId,
    does: async () => {
      const { publisher_id, room_id } = await conference(world);
      const party = await ann();
      const listener = await listenerTo(party, publisher_id);
      expect(await info(party, listener)).toMatchObject({ publisher_id, room_id, type_ext: { publisher_id, room_id } });
      for (const id of ['nobody', `${randomUUID()}@n1`]) {
        expect(await party.refused('create', { type: 'listen', publisher_id: id })).toMatchObject({
          reason: 'invalid_publisher',
          error: `data.publisher_id: no session ${id}`,
        });
      }
      expect(await party.refused('create', { type: 'listen', publisher_id: listener })).toMatchObject({
        reason: 'invalid_publisher',
        error: `data.publisher_id: session ${listener} is listen, not publish`,
      });
      expect(await party.refused('create', { type: 'listen' })).toMatchObject({ reason: 'missing_field' });
    },
  },
  mute_audio: { byDefault: false, wrong: notFlag, does: media('mute_audio', true, false) },
  mute_video: { byDefault: false, wrong: notFlag, does: media('mute_video', true, false) },
  mute_data: { byDefault: false, wrong: notFlag, does: media('mute_data', true, false) },
  bitrate: { byDefault: 0, wrong: [-1, 0.5, 1_000_000_001, '0', null], does: media('bitrate', 64_000, 0) },
  record: {
    byDefault: false,
    wrong: notFlag,
    does: async () => {
      expect(await infoOf({ ...echo, wait_reply: true })).toMatchObject({ recordings: [] });
      const party = await ann();
      const session_id = await party.create({ ...echo, record: true });
      await until('it is recorded', () => party.of(session_id, 'status').length > 0);
      expect(await info(party, session_id)).toMatchObject({ recordings: [{ state: 'started' }] });
      expect(await party.refused('create', { ...p2p, record: true })).toMatchObject({
        reason: 'invalid_operation',
        error: 'data.record: patchbay does not touch the media of a p2p session',
      });
    },
  },
  wait_timeout: {
    waits: true,
    byDefault: 60,
    wrong: [0, 3601, 1.5, '60', null],
    does: async () => {
      expect(await infoOf(p2p)).toMatchObject({ wait_timeout: 60 });
      const party = await ann();
      expect(await endOf(party, await party.create({ ...p2p, wait_timeout: 1 }))).toMatchObject({
        reason: 'session_timeout',
        error: 'no offer and answer in wait_timeout, 1 s',
        duration: 1,
      });
    },
  },
  ready_timeout: {
    waits: true,
    byDefault: 86_400,
    wrong: [0, 604_801, 1.5, '60', null],
    does: async () => {
      expect(await infoOf(p2p)).toMatchObject({ ready_timeout: 86_400 });
      const party = await ann();
      expect(await endOf(party, await party.create({ ...echo, ready_timeout: 1 }))).toMatchObject({
        reason: 'session_timeout',
        error: 'ready_timeout, 1 s, is over',
      });
    },
  },
  reconnect_timeout: {
    waits: true,
    byDefault: 30,
    wrong: [-1, 3601, 1.5, '60', null],
    does: async () => {
      expect(await infoOf(p2p)).toMatchObject({ reconnect_timeout: 30 });
      const [party, watcher] = [await ann(), await ann()];
      await watcher.ask('event/subscribe', { subclass: 'session' });
      const brief = await party.create({ ...p2p, reconnect_timeout: 0 });
      const lasting = await party.create(p2p);
      await until('both are known to be hers', () => watcher.of(lasting).length > 0 && watcher.of(brief).length > 0);
      await party.leave();
      expect(await endOf(watcher, brief)).toMatchObject({ reason: 'registered_down' });
      await until('gone', () => watcher.of(lasting, 'status').length > 0);
      expect(await info(watcher, lasting)).toMatchObject({ status: { owner: { class: 'owner', status: 'gone' } } });
    },
  },
  subscribe: {
    byDefault: true,
    wrong: notFlag,
    does: async () => {
      const party = await ann();
      const silent = await party.create({ ...p2p, subscribe: false });
      const told = await party.create(p2p);
      await until('created', () => party.of(told, 'created').length === 1);
      expect(party.of(silent)).toEqual([]);
    },
  },
  event_body: {
    byDefault: {},
    wrong: ['text', [1], null, { text: 'x'.repeat(2048) }],
    does: async () => {
      const party = await ann();
      const session_id = await party.create({ ...p2p, event_body: { call: 7, type: 'never' } });
      await until('created', () => party.of(session_id, 'created').length === 1);
      expect(party.of(session_id, 'created')[0]?.body).toMatchObject({ call: 7, type: 'p2p' });
    },
  },
  uri: notPlayed('uri'),
  loops: notPlayed('loops'),
} satisfies Record<keyof CreateData, Row>;

const { type: _, ...bare }: Record<string, unknown> = check(createData, { type: 'echo' }, 'data');

for (const [field, row] of Object.entries<Row>(rows).sort(
  ([, a], [, b]) => Number(b.waits ?? 0) - Number(a.waits ?? 0),
)) {
  test(field, { concurrent: row.waits ?? false }, async ({ expect }) => {
    expect([undefined, row.byDefault]).toContainEqual(bare[field]);
    const party = await ann();
    for (const value of row.wrong) {
      const told = await party.refused('create', { ...echo, [field]: value });
      expect(told, JSON.stringify(value)).toMatchObject({
        reason: 'invalid_value',
        error: expect.stringMatching(`^data\\.${field}\\b`),
      });
    }
    await row.does();
  });
}

test('every field of create has a test here, and no test is of a field that is gone', () => {
  expect(Object.keys(rows).sort()).toEqual(Object.keys(createData.shape).sort());
});
