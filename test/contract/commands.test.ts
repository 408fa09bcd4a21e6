import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RouteHandler } from '../../lib/command/command.ts';
import { check } from '../../lib/protocol/check.ts';
import { type Command, commandNames, commandRow, type commands, routes } from '../../lib/protocol/commands.ts';
import {
  conference,
  connectHost,
  endOf,
  inProcess,
  listenerTo,
  type Party,
  publisherIn,
  withFreeSwitch,
} from '../support/in-process.ts';
import { answer, offer } from '../support/sdp.ts';
import { until } from '../support/until.ts';

/**
 * docs/protocol.md, the tables of commands row by row: each through the route that API Gateway chooses for it,
 * with the data of its row and the shape of its reply.
 */
const world = inProcess();

const functions = new URL('../../functions/', import.meta.url);

type Data = Record<string, unknown>;
type OlderName = {
  [C in Command]: (typeof commands)[C] extends { readonly alsoKnownAs: readonly (infer N extends string)[] }
    ? N
    : never;
}[Command];
/** Has no row in the table of routes: `$default` leads it to what it means. */
type OlderForm = 'session/update';

const echo = { type: 'echo', offer };
const p2p = { type: 'p2p', offer };
const candidate = { sdpMid: '0', sdpMLineIndex: 0, candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' };
const publish = { type: 'publish', offer };
const everything = { class: 'media', subclass: 'session', type: '*', obj_id: '*' };

/** Sends by the route's own function; the reply is of the form that the table says, and holds nothing besides. */
async function send(party: Party, route: Command | OlderName, data: Data = {}): Promise<Data> {
  const command = routes.get(route);
  if (!command) throw new Error(`no route ${route}`);
  const module: unknown = await import(new URL(`${command.replaceAll('_', '-')}.ts`, functions).href);
  const handler = Reflect.get(Object(module), 'handler') as RouteHandler;
  const [subclass, cmd] = route.split('/');
  const tid = randomUUID();
  const reply = await party.send({ class: 'media', subclass, cmd, data, tid }, handler);
  expect(reply).toMatchObject({ result: 'ok', tid });
  const got = reply.data ?? {};
  expect(check(commandRow(command).reply, got, 'data')).toEqual(got);
  return got;
}

/** A p2p master and its slave, each on a connection of its own. */
async function pair() {
  const [ann, phone] = [await world.connect(), await world.connect()];
  const master = await ann.create(p2p);
  const slave = await phone.create({ type: 'p2p', master_id: master });
  return { ann, phone, master, slave };
}

/** Somebody in an `mcu` room that was made for it, ready. */
async function mixed() {
  const host = await connectHost(world);
  const { session_id, room_id } = await host.ask('create', { type: 'mcu', offer, wait_reply: true });
  return { host, session_id: String(session_id), room_id: String(room_id) };
}

const rows = {
  'session/create': async () => {
    const ann = await world.connect();
    const reply = await send(ann, 'session/create', echo);
    expect(reply).toEqual({
      session_id: expect.stringMatching(/^[0-9a-f-]{36}@n1$/),
      resume_token: expect.stringMatching(/^[\w-]{43}$/),
      seq: expect.any(Number),
    });
    expect(await send(ann, 'session/create', { ...echo, wait_reply: true })).toMatchObject({ answer });
  },
  'session/start': async () => {
    const ann = await world.connect();
    expect(await send(ann, 'session/start', { ...echo, wait_reply: true })).toMatchObject({ answer });
  },
  'session/destroy': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(p2p);
    expect(await send(ann, 'session/destroy', { session_id, reason: 'lunch' })).toEqual({});
    expect(await ann.refused('get_info', { session_id })).toMatchObject({ reason: 'session_not_found' });
    const [event] = await until(
      'destroyed',
      () => ann.of(session_id, 'destroyed').length > 0 && ann.of(session_id, 'destroyed'),
    );
    expect(event?.body).toEqual({ code: 100011, reason: 'user_stop', error: 'lunch', duration: expect.any(Number) });
  },
  'session/stop': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(p2p);
    // Without session_id: it is the connection's only one.
    expect(await send(ann, 'session/stop')).toEqual({});
    expect(await ann.refused('get_info', { session_id })).toMatchObject({ reason: 'session_not_found' });
  },
  'session/set_answer': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(p2p);
    expect(await send(ann, 'session/set_answer', { session_id, answer })).toEqual({});
    expect(await ann.ask('get_info', { session_id })).toMatchObject({ state: 'ready', answer });
  },
  'session/get_offer': async () => {
    const { phone, slave } = await pair();
    expect(await send(phone, 'session/get_offer', { session_id: slave, timeout: 5 })).toEqual({ offer });
  },
  'session/get_answer': async () => {
    const { ann, phone, master, slave } = await pair();
    const waiting = send(ann, 'session/get_answer', { session_id: master });
    await phone.ask('set_answer', { session_id: slave, answer });
    expect(await waiting).toEqual({ answer });
  },
  'session/get_proxy_offer': async () => {
    const ann = await world.connect();
    const session_id = await ann.create({ type: 'proxy', offer });
    expect(await send(ann, 'session/get_proxy_offer', { session_id })).toEqual({ offer });
    const other = await ann.create(p2p);
    expect(await ann.refused('get_proxy_offer', { session_id: other })).toMatchObject({
      reason: 'invalid_operation',
      error: `session ${other} is not the master of a proxy`,
    });
  },
  'session/set_type': async () => {
    const { host, room_id, publisher_id: first } = await conference(world);
    const ann = await world.connect();
    const listener = await listenerTo(ann, first);
    const publisher_id = await publisherIn(host, room_id);
    expect(await send(ann, 'session/set_type', { session_id: listener, type: 'listen', publisher_id })).toEqual({
      room_id,
      publisher_id,
    });
    await until('type', () => ann.of(listener, 'type').length === 1);
    expect(ann.of(listener, 'type')[0]?.body).toEqual({ type: 'listen', room_id, publisher_id });

    const session_id = await ann.create(echo);
    expect(await ann.refused('set_type', { session_id, type: 'park' })).toMatchObject({
      reason: 'incompatible_session',
      error: 'janus cannot make park of a echo session',
    });

    await withFreeSwitch(world, async () => {
      const host = await connectHost(world);
      const parked = await host.create({ type: 'park', offer, wait_reply: true });
      const peer_id = await host.create({ type: 'park', offer, wait_reply: true, stop_after_peer: false });
      const change = (fields: Data) => send(host, 'session/set_type', { session_id: parked, ...fields });
      expect(await change({ type: 'echo' })).toEqual({});
      expect(await change({ type: 'bridge', peer_id, stop_after_peer: false })).toEqual({ peer_id });
      const inRoom = await change({ type: 'mcu', room_type: 'audio-mcu' });
      expect(inRoom).toEqual({ room_id: expect.stringMatching(/@fs$/), room_type: 'audio-mcu' });
      expect(await change({ type: 'park' })).toEqual({});
      await until('all of its types', () => host.of(parked, 'type').length === 4);
      expect(host.of(parked, 'type').map(({ body }) => body)).toEqual([
        { type: 'echo' },
        { type: 'bridge', peer_id },
        { type: 'mcu', ...inRoom },
        { type: 'park' },
      ]);
      expect(host.of(peer_id, 'type').map(({ body }) => body)).toEqual([
        { type: 'bridge', peer_id: parked },
        { type: 'park' },
      ]);
      // In wait it is answered at once.
      const ringing = await host.create({ type: 'park' });
      expect(await send(host, 'session/set_type', { session_id: ringing, type: 'bridge', peer_id })).toEqual({
        peer_id,
      });
      await host.ask('set_answer', { session_id: ringing, answer });
      await until('bridged', () => host.of(ringing, 'type').length > 0);
      expect(host.of(ringing, 'type')[0]?.body).toEqual({ type: 'bridge', peer_id });
    });
  },
  'session/update_media': async () => {
    const ann = await world.connect();
    const session_id = await ann.create({ ...echo, wait_reply: true });
    world.janus.media.refuses = { mute_data: false };
    const change = { mute_audio: true, mute_video: false, mute_data: true, bitrate: 64_000 };
    expect(await send(ann, 'session/update_media', { session_id, ...change })).toEqual({
      applied: { mute_audio: true, mute_video: true, mute_data: false, bitrate: true },
    });
  },
  'session/recorder_action': async () => {
    const ann = await world.connect();
    const session_id = await ann.create({ ...echo, wait_reply: true });
    const act = (action?: string) => send(ann, 'session/recorder_action', { session_id, action });
    expect(await act()).toEqual({ actions: ['get_actions', 'list', 'start'] });
    expect(await act('list')).toEqual({ recordings: [] });
    expect(await ann.refused('recorder_action', { session_id, action: 'stop' })).toMatchObject({
      reason: 'no_active_recorder',
    });

    const started = await act('start');
    expect(started).toEqual({
      recording_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      uri: `http://files/${started.recording_id}/recording.json`,
    });
    expect(await act('get_actions')).toEqual({ actions: ['get_actions', 'list', 'stop'] });
    expect(await ann.refused('recorder_action', { session_id, action: 'start' })).toMatchObject({
      reason: 'invalid_state',
      error: `recording ${started.recording_id} is under way`,
    });
    expect(await act('stop')).toEqual({ ...started, duration: expect.any(Number) });
    expect(await act('list')).toEqual({
      recordings: [
        {
          ...started,
          state: 'available',
          started_at: expect.stringMatching(/Z$/),
          duration: expect.any(Number),
          bytes: 1000,
        },
      ],
    });
    await until('its statuses', () => ann.of(session_id, 'status').length === 3);
    expect(ann.of(session_id, 'status').map(({ body }) => body)).toMatchObject(
      ['started', 'processing', 'available'].map((state) => ({ class: 'recording', ...started, state })),
    );

    const other = await ann.create(p2p);
    expect(await ann.refused('recorder_action', { session_id: other, action: 'start' })).toMatchObject({
      reason: 'invalid_operation',
      error: 'the media of this p2p session cannot be recorded here',
    });
  },
  'session/room_action': async () => {
    const { host, room_id, publisher_id: session_id } = await conference(world);
    const act = (action: string, more: Data = {}) => send(host, 'session/room_action', { session_id, action, ...more });
    expect(await act('get_actions')).toEqual({ actions: ['get_actions', 'kick', 'list', 'mute', 'unmute'] });
    expect(await act('list')).toEqual({ members: [{ session_id, role: 'publisher', user_id: 'ann' }] });
    for (const action of ['mute', 'unmute']) {
      expect(await act(action)).toEqual({});
      expect(await host.ask('get_info', { session_id })).toMatchObject({ mute_audio: action === 'mute' });
    }
    for (const action of ['layout', 'record_start', 'record_stop']) {
      expect(await host.refused('room_action', { session_id, action })).toMatchObject({
        reason: 'invalid_operation',
        error: `room ${room_id} is of class sfu: it has no ${action}`,
      });
    }
    // Without a session, by the room alone; a member may be named in nested data.
    const second = await publisherIn(host, room_id);
    expect(await send(host, 'session/room_action', { room_id, action: 'kick', data: { member_id: second } })).toEqual(
      {},
    );
    expect(await endOf(host, second)).toMatchObject({ reason: 'member_stop' });

    const alone = await host.create(echo);
    expect(await send(host, 'session/room_action', { session_id: alone })).toEqual({ actions: ['get_actions'] });
    for (const action of ['layout', 'mute', 'unmute', 'kick', 'list', 'record_start', 'record_stop']) {
      expect(await host.refused('room_action', { session_id: alone, action })).toMatchObject({
        reason: 'no_active_room',
      });
    }

    await withFreeSwitch(world, async (freeswitch) => {
      const root = await world.connect({ sub: 'root', scope: 'media:admin' });
      const { host: moderator, room_id: mix, session_id: member } = await mixed();
      const actOn = (action: string, more: Data = {}) =>
        send(moderator, 'session/room_action', { session_id: member, action, ...more });
      expect(await actOn('get_actions')).toEqual({
        actions: ['get_actions', 'kick', 'layout', 'list', 'mute', 'record_start', 'record_stop', 'unmute'],
      });
      expect(await actOn('list')).toEqual({ members: [{ session_id: member, role: 'member', user_id: 'ann' }] });
      expect(await actOn('layout', { layout: '2x2' })).toEqual({});
      expect(await send(moderator, 'session/room_action', { room_id: mix, action: 'layout', layout: '1x1' })).toEqual(
        {},
      );
      expect(freeswitch.room.layouts).toEqual(['2x2', '1x1']);
      expect(await moderator.refused('room_action', { room_id: mix, action: 'layout' })).toMatchObject({
        error: 'data.layout is missing',
      });
      expect(await moderator.refused('room_action', { session_id: member, action: 'record_start' })).toMatchObject({
        reason: 'unauthorized',
        error: 'this needs the scope media:admin',
      });
      const started = await send(root, 'session/room_action', { room_id: mix, action: 'record_start' });
      expect(started).toEqual({
        recording_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        uri: `http://files/${started.recording_id}/recording.json`,
      });
      expect(await send(root, 'session/room_action', { room_id: mix, action: 'record_stop' })).toEqual({
        ...started,
        duration: expect.any(Number),
      });
      expect(await root.refused('room_action', { room_id: mix, action: 'record_stop' })).toMatchObject({
        reason: 'no_active_recorder',
      });
      expect(await actOn('mute')).toEqual({});
      expect(await moderator.ask('get_info', { session_id: member })).toMatchObject({ mute_audio: true });
      expect(await actOn('kick')).toEqual({});
      expect(await endOf(moderator, member)).toMatchObject({ reason: 'member_stop' });
    });
  },
  'session/player_action': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(echo);
    expect(await send(ann, 'session/player_action', { session_id, action: 'get_actions' })).toEqual({
      actions: ['get_actions'],
    });
    expect(await ann.refused('player_action', { session_id, action: 'pause' })).toMatchObject({
      reason: 'no_active_player',
    });
  },
  'session/set_candidate': async () => {
    const { ann, phone, master, slave } = await pair();
    expect(await send(ann, 'session/set_candidate', { session_id: master, ...candidate })).toEqual({});
    const more = [
      { ...candidate, sdpMid: '1', sdpMLineIndex: 1 },
      { candidate: 'a=candidate:2 1 udp 1 192.0.2.2 9 typ host' },
    ];
    expect(await send(ann, 'session/set_candidate', { session_id: master, candidates: more })).toEqual({});
    await until('three candidates', () => phone.of(slave, 'candidate').length === 3);
    expect(phone.of(slave, 'candidate').map(({ body }) => body)).toEqual([candidate, ...more]);
  },
  'session/set_candidate_end': async () => {
    const { ann, phone, master, slave } = await pair();
    expect(await send(ann, 'session/set_candidate_end', { session_id: master })).toEqual({});
    await until('the end', () => phone.of(slave, 'candidate_end').length === 1);
    expect(phone.of(slave, 'candidate_end')[0]?.body).toEqual({});
  },
  'session/send_info': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(p2p);
    expect(await send(ann, 'session/send_info', { session_id, info: 'hand', data: { raised: true } })).toEqual({});
    await until('info', () => ann.of(session_id, 'info').length === 1);
    expect(ann.of(session_id, 'info')[0]?.body).toEqual({ info: 'hand', data: { raised: true } });
  },
  'session/get_info': async () => {
    const { ann, phone, master, slave } = await pair();
    await phone.ask('set_answer', { session_id: slave, answer });
    await until('ready', async () => (await ann.ask('get_info', { session_id: master })).state === 'ready');
    expect(await send(ann, 'session/get_info', { session_id: master })).toEqual({
      session_id: master,
      type: 'p2p',
      type_ext: {},
      backend: 'p2p',
      backend_role: 'offeree',
      state: 'ready',
      status: {},
      wait_timeout: 60,
      ready_timeout: 86_400,
      reconnect_timeout: 30,
      offer,
      answer,
      slave_id: slave,
      peer_id: slave,
      mute_audio: false,
      mute_video: false,
      mute_data: false,
      bitrate: 0,
      user_id: 'ann',
      node_id: 'n1',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      ready_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      recordings: [],
    });
    expect(await send(phone, 'session/get_info', { session_id: slave })).toMatchObject({
      master_id: master,
      peer_id: master,
    });
  },
  'session/get_list': async () => {
    const lea = await world.connect({ sub: 'lea' });
    const ids = [await lea.create(p2p), await lea.create(p2p), await lea.create(echo)];
    const all = await send(lea, 'session/get_list');
    expect(all).toEqual({
      sessions: ids.toSorted().map((session_id) => ({
        session_id,
        type: session_id === ids[2] ? 'echo' : 'p2p',
        state: expect.stringMatching(/^(wait|ready)$/),
        user_id: 'lea',
        backend: session_id === ids[2] ? 'janus' : 'p2p',
        created_at: expect.any(String),
      })),
    });
    const page = await send(lea, 'session/get_list', { limit: 2, type: 'p2p', user_id: 'lea' });
    expect(page.sessions).toHaveLength(2);
    const first = await send(lea, 'session/get_list', { limit: 1 });
    const rest = await send(lea, 'session/get_list', { cursor: first.cursor });
    expect([...Object(first.sessions), ...Object(rest.sessions)]).toEqual(all.sessions);
  },
  'session/attach': async () => {
    const kim = await world.connect({ sub: 'kim' });
    const reply = await kim.ask('create', p2p);
    const again = await world.connect({ sub: 'kim' });
    const taken = await send(again, 'session/attach', { session_id: reply.session_id, since: 0 });
    expect(taken).toEqual({
      sessions: [
        {
          session_id: reply.session_id,
          type: 'p2p',
          state: 'wait',
          seq: expect.any(Number),
          resume_token: expect.any(String),
        },
      ],
    });
    expect(Object(taken.sessions)[0].resume_token).not.toBe(reply.resume_token);
    await until('created', () => again.of(String(reply.session_id), 'created').length === 1);
    // All of hers, by another connection.
    expect(await send(await world.connect({ sub: 'kim' }), 'session/attach')).toMatchObject({
      sessions: [{ session_id: reply.session_id }],
    });
    // Anybody of the tenant who has the token.
    const [{ resume_token }] = Object((await send(again, 'session/attach')).sessions);
    const eve = await world.connect({ sub: 'eve' });
    expect(await eve.refused('attach', { session_id: reply.session_id })).toMatchObject({ reason: 'unauthorized' });
    expect(await send(eve, 'session/attach', { session_id: reply.session_id, resume_token })).toMatchObject({
      sessions: [{ session_id: reply.session_id }],
    });
  },
  'session/update': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(echo);
    const layout = { update_type: 'mcu_layout', mcu_layout: '2x2' };
    expect(await ann.refused('update', { session_id, ...layout })).toMatchObject({ reason: 'no_active_room' });
    expect(await ann.refused('update', { room_id: 'lobby', ...layout })).toMatchObject({ reason: 'room_not_found' });
    const type = { type: 'session_type', session_type: 'park' };
    expect(await ann.refused('update', { session_id, ...type })).toMatchObject({
      error: 'janus cannot make park of a echo session',
    });

    await withFreeSwitch(world, async (freeswitch) => {
      const { host, room_id, session_id: member } = await mixed();
      // With a session, with a room, with both.
      for (const [at, of] of [{ session_id: member }, { room_id }, { session_id: member, room_id }].entries()) {
        expect(await host.ask('update', { ...of, ...layout })).toEqual({});
        expect(freeswitch.room.layouts).toHaveLength(at + 1);
      }
      expect(await host.refused('update', { room_id, ...layout, mcu_layout: '9x9' })).toMatchObject({
        reason: 'invalid_value',
        error: 'layout must be one of 1x1, 2x2, group:grid',
      });
      expect(await host.ask('update', { session_id: member, ...type })).toEqual({});
      expect(await host.ask('get_info', { session_id: member })).toMatchObject({ type: 'park', type_ext: {} });
    });
  },
  'room/create': async () => {
    const host = await connectHost(world);
    const options = { audio_codec: 'pcmu', video_codec: 'h264', bitrate: 512, timeout: 60, max_publishers: 2 };
    const { room_id } = await send(host, 'room/create', { class: 'sfu', backend: 'janus', ...options });
    expect(room_id).toMatch(/^[0-9a-f-]{36}@n1$/);
    expect(await host.ask('room/get_info', { room_id })).toMatchObject(options);
    expect(world.janus.room.spec).toMatchObject({ audioCodec: 'pcmu', videoCodec: 'h264', bitrateBps: 512_000 });

    const mine = `lobby-${randomUUID()}`;
    expect(await send(host, 'room/create', { class: 'sfu', room_id: mine })).toEqual({ room_id: mine });
    expect(await host.refused('room/create', { class: 'sfu', room_id: mine })).toMatchObject({
      reason: 'room_already_exists',
    });
    expect(await host.refused('room/create', {})).toMatchObject({ error: 'data.class is missing' });
    expect(await host.refused('room/create', { class: 'mcu' })).toMatchObject({ reason: 'no_mediaserver' });
    expect(await (await world.connect()).refused('room/create', { class: 'sfu' })).toMatchObject({
      reason: 'unauthorized',
      error: 'this needs the scope media:room',
    });
  },
  'room/destroy': async () => {
    const { host, room_id, publisher_id } = await conference(world);
    const ann = await world.connect();
    await host.ask('event/subscribe', { subclass: 'room', obj_id: room_id });
    const listener = await listenerTo(ann, publisher_id);
    expect(await send(host, 'room/destroy', { room_id, reason: 'late' })).toEqual({});
    expect(await endOf(host, publisher_id)).toMatchObject({ code: 304003, reason: 'room_destroyed' });
    expect(await endOf(ann, listener)).toMatchObject({ reason: 'room_destroyed' });
    expect(await endOf(host, room_id)).toMatchObject({ reason: 'room_destroyed', error: 'late' });
    expect(await host.refused('room/get_info', { room_id })).toMatchObject({ reason: 'room_not_found' });
  },
  'room/get_info': async () => {
    const { host, room_id, publisher_id } = await conference(world);
    const bob = await world.connect({ sub: 'bob' });
    const listener = await listenerTo(bob, publisher_id);
    const { session_id: waiting } = await host.ask('create', { type: 'listen', publisher_id });
    const info = await send(bob, 'room/get_info', { room_id });
    expect(info).toEqual({
      room_id,
      class: 'sfu',
      backend: 'janus',
      audio_codec: 'opus',
      video_codec: 'vp8',
      bitrate: 0,
      timeout: 300,
      max_publishers: 50,
      members: [
        { session_id: publisher_id, role: 'publisher', user_id: 'ann' },
        { session_id: listener, role: 'listener', user_id: 'bob', peer_id: publisher_id },
      ],
      status: {},
      user_id: 'ann',
      node_id: 'n1',
      created_at: expect.stringMatching(/Z$/),
    });
    expect(JSON.stringify(info)).not.toContain(waiting);
    const globex = await world.connect({ tenant: 'globex', scope: 'media:admin' });
    expect(await globex.refused('room/get_info', { room_id })).toMatchObject({ reason: 'room_not_found' });
  },
  'room/info': async () => {
    const { host, room_id } = await conference(world);
    expect(await send(host, 'room/info', { room_id })).toMatchObject({ room_id, class: 'sfu' });
  },
  'room/get_list': async () => {
    const host = await connectHost(world, { tenant: 'initech' });
    const make = async () => String((await host.ask('room/create', { class: 'sfu' })).room_id);
    const ids = [await make(), await make(), await make()].sort();
    const all = await send(host, 'room/get_list');
    expect(all).toEqual({
      rooms: ids.map((room_id) => ({
        room_id,
        class: 'sfu',
        backend: 'janus',
        members: 0,
        created_at: expect.stringMatching(/Z$/),
      })),
    });
    const first = await send(host, 'room/get_list', { limit: 2 });
    const rest = await send(host, 'room/get_list', { cursor: first.cursor });
    expect([...Object(first.rooms), ...Object(rest.rooms)]).toEqual(all.rooms);
    expect(rest).not.toHaveProperty('cursor');
  },
  'room/list': async () => {
    const claimed = await connectHost(world, { tenant: 'umbrella', rooms: 'attic' });
    await claimed.ask('room/create', { class: 'sfu', room_id: 'attic' });
    await (await connectHost(world, { tenant: 'umbrella' })).ask('room/create', { class: 'sfu', room_id: 'cellar' });
    expect(await send(claimed, 'room/list')).toMatchObject({ rooms: [{ room_id: 'attic' }] });
  },
  'room/kick': async () => {
    const { host, room_id, publisher_id: session_id } = await conference(world);
    const listener = await listenerTo(host, session_id);
    expect(await send(host, 'room/kick', { room_id, session_id })).toEqual({});
    expect(await endOf(host, session_id)).toMatchObject({ code: 100012, reason: 'member_stop' });
    expect(await endOf(host, listener)).toMatchObject({ code: 304006, reason: 'publisher_stop' });
    expect(await host.refused('room/kick', { room_id, session_id })).toMatchObject({ reason: 'member_not_found' });
    expect(await host.refused('room/kick', { room_id })).toMatchObject({ error: 'data.session_id is missing' });
  },
  'room/mute': async () => {
    const { host, room_id, publisher_id: session_id } = await conference(world);
    const owner = await world.connect();
    expect(await send(host, 'room/mute', { room_id, session_id, audio: true, video: true })).toEqual({});
    // Its owner cannot undo it, but for the time after it.
    expect(await owner.ask('update_media', { session_id, mute_audio: false })).toEqual({
      applied: { mute_audio: false },
    });
    expect(await send(host, 'room/mute', { room_id, session_id, video: false })).toEqual({});
    expect(await owner.ask('get_info', { session_id })).toMatchObject({ mute_audio: true, mute_video: false });
    expect(await host.ask('room/get_info', { room_id })).toMatchObject({
      status: { mute: { class: 'mute', session_id, audio: true, video: false } },
    });
    expect(await host.refused('room/mute', { room_id, session_id })).toMatchObject({ reason: 'missing_field' });
    expect(await owner.refused('room/mute', { room_id, session_id, audio: true })).toMatchObject({
      reason: 'unauthorized',
    });
  },
  'room/layout': async () => {
    const { host, room_id } = await conference(world);
    expect(await host.refused('room/layout', { room_id, layout: '2x2' })).toMatchObject({
      reason: 'invalid_operation',
      error: `room ${room_id} is of class sfu: it has no layout`,
    });
    expect(await host.refused('room/layout', { room_id })).toMatchObject({ error: 'data.layout is missing' });

    await withFreeSwitch(world, async (freeswitch) => {
      const mix = await mixed();
      await mix.host.ask('event/subscribe', { subclass: 'room', obj_id: mix.room_id });
      expect(await send(mix.host, 'room/layout', { room_id: mix.room_id, layout: '2x2' })).toEqual({});
      expect(freeswitch.room.layouts).toEqual(['2x2']);
      expect(await mix.host.ask('room/get_info', { room_id: mix.room_id })).toMatchObject({
        class: 'mcu',
        backend: 'freeswitch',
        layout: '2x2',
        members: [{ session_id: mix.session_id, role: 'member', user_id: 'ann' }],
        status: { layout: { class: 'layout', layout: '2x2' } },
      });
      await until('it is told', () => mix.host.of(mix.room_id, 'status').length > 0);
      expect(mix.host.of(mix.room_id, 'status')[0]?.body).toEqual({ class: 'layout', layout: '2x2' });
      expect(await mix.host.refused('room/layout', { room_id: mix.room_id, layout: 'none' })).toMatchObject({
        reason: 'invalid_value',
        error: 'layout must be one of 1x1, 2x2, group:grid',
      });
      const globex = await world.connect({ tenant: 'globex', scope: 'media:admin' });
      expect(await globex.refused('room/layout', { room_id: mix.room_id, layout: '2x2' })).toMatchObject({
        reason: 'room_not_found',
      });
      // The last member is the end of a room that was made for it.
      await mix.host.ask('destroy', { session_id: mix.session_id });
      expect(await endOf(mix.host, mix.room_id)).toMatchObject({
        reason: 'no_room_members',
        error: 'its last member left',
      });
    });
  },
  'event/subscribe': async () => {
    const [watcher, ann] = [await world.connect(), await world.connect()];
    expect(await send(watcher, 'event/subscribe', { subclass: 'session', type: 'created' })).toEqual({});
    const session_id = await ann.create({ ...p2p, subscribe: false });
    await until('created', () => watcher.of(session_id).length > 0);
    expect(watcher.of(session_id)).toEqual([
      {
        ...everything,
        type: 'created',
        obj_id: session_id,
        body: expect.any(Object),
        seq: 1,
        time: expect.any(String),
      },
    ]);
    expect(ann.events).toEqual([]);
  },
  'event/unsubscribe': async () => {
    const [watcher, ann] = [await world.connect(), await world.connect()];
    const wanted = { subclass: 'session', type: 'info' };
    await send(watcher, 'event/subscribe', wanted);
    const session_id = await ann.create(p2p);
    await ann.ask('send_info', { session_id, info: 'one' });
    await until('info', () => watcher.of(session_id, 'info').length === 1);
    expect(await send(watcher, 'event/unsubscribe', wanted)).toEqual({});
    await ann.ask('send_info', { session_id, info: 'two' });
    await until('info', () => ann.of(session_id, 'info').length === 2);
    expect(watcher.of(session_id, 'info')).toHaveLength(1);
  },
  'event/get_subscriptions': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(p2p);
    await send(ann, 'event/subscribe', { subclass: 'session', type: 'created' });
    expect(await send(ann, 'event/get_subscriptions')).toEqual({
      subscriptions: [
        { ...everything, type: 'created' },
        { ...everything, obj_id: session_id },
      ],
    });
  },
  'node/get_list': async () => {
    const root = await world.connect({ sub: 'root', scope: 'media:admin' });
    const engine = { version: expect.any(String), up: true, sessions: expect.any(Number) };
    expect(await send(root, 'node/get_list')).toEqual({
      nodes: [
        {
          node_id: 'n1',
          state: 'up',
          release: 'test',
          engines: [
            { ...engine, kind: 'janus', name: 'janus-1' },
            { ...engine, kind: 'p2p', name: 'p2p' },
          ],
          load: expect.any(Number),
          capacity: 1000,
          heartbeat_at: expect.stringMatching(/Z$/),
        },
      ],
    });
    expect(await (await world.connect()).refused('node/get_list')).toMatchObject({ reason: 'unauthorized' });
  },
} satisfies Record<Command | OlderName | OlderForm, () => Promise<void>>;

for (const [route, run] of Object.entries(rows)) test(route, run);

test('every route has a test here, and no test is of a route that is gone', () => {
  expect(Object.keys(rows).sort()).toEqual([...routes.keys(), 'session/update'].sort());
  expect(commandNames.length).toBeGreaterThan(0);
});

/** Names that two of the seeds' samples use. */
const olderNames: Record<string, () => Promise<void>> = {
  'class: "session"': async () => {
    const ann = await world.connect();
    const session_id = await ann.create(echo);
    const reply = await ann.send({ class: 'session', cmd: 'recorder_action', data: { session_id }, tid: 1 });
    expect(reply).toEqual({ result: 'ok', data: { actions: ['get_actions', 'list', 'start'] }, tid: 1 });
  },
  'no class and no subclass': async () => {
    const ann = await world.connect();
    expect(await ann.send({ cmd: 'start', data: echo, tid: 'a' })).toMatchObject({ result: 'ok', tid: 'a' });
  },
  publisher: async () => {
    const { host, room_id, publisher_id } = await conference(world);
    const ann = await world.connect();
    const session_id = await ann.create({ type: 'listen', publisher: publisher_id });
    expect(await ann.ask('get_info', { session_id })).toMatchObject({ publisher_id });
    const other = await publisherIn(host, room_id);
    const change = { session_id, type: 'listen', publisher: other };
    expect(await ann.ask('set_type', change)).toMatchObject({ publisher_id: other });
    expect(await ann.refused('create', { type: 'listen', publisher: 'a b' })).toMatchObject({
      reason: 'invalid_value',
      error: expect.stringContaining('data.publisher_id'),
    });
    expect(await ann.refused('set_type', { ...change, publisher_id: other })).toMatchObject({
      reason: 'invalid_parameters',
    });
  },
  room: async () => {
    const { host, room_id } = await conference(world);
    const reply = await host.ask('create', { ...publish, room: room_id });
    expect(reply).toMatchObject({ room_id, room: room_id });
    expect(await host.ask('room_action', { room: room_id, action: 'list' })).toHaveProperty('members');
    expect(await host.refused('room_action', { room: 'lobby' })).toMatchObject({ error: 'no room lobby' });
    expect(await host.refused('create', { ...publish, room: 'a b' })).toMatchObject({
      error: expect.stringContaining('data.room_id'),
    });
  },
  'room_audiocodec, room_videocodec, events_body': async () => {
    const host = await connectHost(world);
    const older = { room_audiocodec: 'pcma', room_videocodec: 'vp9', events_body: { call: 7 } };
    const { session_id, room_id } = await host.ask('create', { ...publish, ...older });
    await until('created', () => host.of(String(session_id), 'created').length === 1);
    expect(host.of(String(session_id), 'created')[0]?.body).toMatchObject({ call: 7 });
    expect(await host.ask('room/get_info', { room_id })).toMatchObject({ audio_codec: 'pcma', video_codec: 'vp9' });
  },
};
for (const [name, run] of Object.entries(olderNames)) test(`older: ${name}`, run);

test('what happens in a room is told, in its order, to whoever is in it and subscribed', async () => {
  const { host, room_id, publisher_id } = await conference(world);
  const [bob, eve] = [await world.connect({ sub: 'bob' }), await world.connect({ sub: 'eve' })];
  for (const party of [bob, eve]) await party.ask('event/subscribe', { subclass: 'room', obj_id: room_id });
  const listener = await listenerTo(bob, publisher_id);
  await host.ask('room/mute', { room_id, session_id: listener, audio: true });
  await host.ask('room/kick', { room_id, session_id: publisher_id });
  await until('the publisher is gone', () => bob.of(room_id, 'stopped_member').length > 0);
  expect(bob.of(room_id).map(({ type, body }) => [type, body])).toEqual([
    ['started_member', { session_id: listener, role: 'listener', user_id: 'bob', peer_id: publisher_id }],
    ['status', { class: 'mute', session_id: listener, audio: true, video: false }],
    ['stopped_member', { session_id: publisher_id, role: 'publisher', user_id: 'ann' }],
  ]);
  expect(bob.of(room_id).map(({ seq }) => seq)).toEqual([3, 4, 5]);
  expect(eve.of(room_id)).toEqual([]);
});
