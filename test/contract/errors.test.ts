import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { services } from '../../lib/command/services.ts';
import { withoutCandidates } from '../../lib/domain/sdp.ts';
import { type ErrorBody, errorTable, PatchbayError, type Reason } from '../../lib/protocol/errors.ts';
import { rejection } from '../support/errors.ts';
import { FakeBackend } from '../support/fake-backend.ts';
import type { FakeChannel } from '../support/fake-freeswitch.ts';
import {
  conference,
  connectHost,
  endOf,
  inProcess,
  listenerTo,
  type Party,
  whileWaiting,
  withFreeSwitch,
} from '../support/in-process.ts';
import { answer, offer } from '../support/sdp.ts';
import { until } from '../support/until.ts';

/**
 * docs/protocol.md#errors, row by row: what causes it, and what the client is told. Where nothing of this release causes it, the
 * engine refuses so: that shows that the row reaches a client just as it is.
 */
const world = inProcess();

interface Row {
  /** What causes it: the title of its test. */
  readonly by: string;
  /** Steers the engine, or starts and stops nodes: not beside others. */
  readonly alone?: true;
  /** Causes it and gives what the client is told. */
  cause(): Promise<ErrorBody>;
  /** What the error names. */
  readonly names: string | RegExp;
}

const echo = { type: 'echo', offer };
const p2p = { type: 'p2p', offer };
const park = { type: 'park', offer };
const bare = { ...offer, sdp: withoutCandidates(offer.sdp), trickle_ice: true };
const admin = { sub: 'root', scope: 'media:admin' };

/** Refused of somebody who has just connected. */
const refused =
  (cmd: string, data: Record<string, unknown> = {}) =>
  async () =>
    (await world.connect()).refused(cmd, data);

/** Refused of the owner of a session. */
const refusedOf =
  (session: Record<string, unknown>, cmd: string, data: Record<string, unknown> = {}) =>
  async () => {
    const ann = await world.connect();
    return ann.refused(cmd, { session_id: await ann.create(session), ...data });
  };

/** What the end of a session or room says, without how long it was. */
async function toldAtEnd(party: Party, objectId: string): Promise<ErrorBody> {
  const { duration: _, ...told } = await endOf(party, objectId);
  return told;
}

/** What whoever waits for the answer of a session is told when `end` happens. */
const toldWhen = (session: Record<string, unknown>, end: (session_id: string, owner: Party) => unknown) => async () => {
  const [owner, other] = [await world.connect(), await world.connect()];
  const session_id = await owner.create({ ...session, subscribe: false });
  return whileWaiting(other.refused('get_answer', { session_id }), () => end(session_id, owner));
};

/** The engine refuses the offer; the client that waits for the reply is told why. */
const engineRefuses = (error: unknown) => async () => {
  world.janus.answers = 'later';
  const before = world.janus.opened.length;
  const ann = await world.connect();
  const creating = ann.refused('create', { ...echo, wait_reply: true });
  return whileWaiting(
    creating,
    () => world.janus.media.fails(error),
    () => world.janus.opened.length > before,
  );
};

/** The engine ends the session. */
const engineEnds = (why: PatchbayError) => {
  const told = toldWhen(echo, () => world.janus.media.sink.stopped(why));
  return () => {
    world.janus.answers = 'later';
    return told();
  };
};

/** A row that nothing of this release causes. */
const later = (reason: Reason, by: string): Row => ({
  by,
  alone: true,
  cause: engineRefuses(new PatchbayError(reason, `words of ${reason}`)),
  names: `words of ${reason}`,
});

const fsError = (reason: Reason) => new PatchbayError(reason, `words of ${reason}`, { engine: { text: 'inner' } });

/** FreeSWITCH refuses whatever it is asked next of a session. */
const refusedByFreeSwitch =
  (reason: Reason, cmd: string, data: Record<string, unknown>, session: Record<string, unknown> = {}) =>
  () =>
    withFreeSwitch(world, async (freeswitch) => {
      const ann = await world.connect();
      const session_id = await ann.create({ ...park, wait_reply: true, ...session });
      const { media } = freeswitch;
      media.failure = media.answerFailure = media.moveFailure = fsError(reason);
      return ann.refused(cmd, { session_id, ...data });
    });

/** What the owner of a session on FreeSWITCH is told at its end. */
const endOfChannel = (end: (channel: FakeChannel) => void) => () =>
  withFreeSwitch(world, async (freeswitch) => {
    const ann = await world.connect();
    const session_id = await ann.create({ ...park, wait_reply: true });
    end(freeswitch.media);
    return toldAtEnd(ann, session_id);
  });

const rows = {
  normal_termination: {
    by: 'the engine ends the call as it should',
    alone: true,
    cause: engineEnds(new PatchbayError('normal_termination', 'the far side hung up')),
    names: 'the far side hung up',
  },
  internal_error: {
    by: 'an engine throws what nobody expected',
    alone: true,
    cause: engineRefuses(new TypeError('secrets of undefined')),
    names: /^an unexpected fault, reference [0-9a-f-]{36}$/,
  },
  invalid_state: {
    by: 'a master gets a second slave',
    cause: async () => {
      const ann = await world.connect();
      const master_id = await ann.create(p2p);
      await ann.create({ type: 'p2p', master_id });
      return ann.refused('create', { type: 'p2p', master_id });
    },
    names: 'has a peer already',
  },
  timeout: {
    by: 'no answer comes while get_answer waits',
    cause: refusedOf(p2p, 'get_answer', { timeout: 1 }),
    names: 'no answer came in 1 s',
  },
  not_implemented: {
    by: 'a create brings something to play',
    cause: refused('create', { ...echo, uri: 'https://example.com/a.wav' }),
    names: 'data.uri',
  },
  registered_down: {
    by: "the owner's connection is gone for reconnect_timeout",
    cause: toldWhen({ ...p2p, reconnect_timeout: 0 }, (_, owner) => owner.leave()),
    names: "the owner's connection was gone for 0 s",
  },
  user_stop: {
    by: 'the owner destroys the session',
    cause: toldWhen(p2p, (session_id, owner) => owner.ask('destroy', { session_id, reason: 'lunch' })),
    names: 'lunch',
  },
  member_stop: {
    by: 'a moderator removes a member from its room',
    cause: async () => {
      const { host, room_id, publisher_id } = await conference(world);
      await host.ask('room/kick', { room_id, session_id: publisher_id });
      return toldAtEnd(host, publisher_id);
    },
    names: /^removed from room \S+@n1$/,
  },
  api_stop: {
    by: 'an administrator destroys the session',
    cause: toldWhen(p2p, async (session_id) =>
      (await world.connect(admin)).ask('destroy', { session_id, reason: 'abuse' }),
    ),
    names: 'abuse',
  },
  unauthorized: {
    by: "another user's session is commanded",
    cause: async () => {
      const session_id = await (await world.connect()).create(p2p);
      return (await world.connect({ sub: 'bob' })).refused('get_info', { session_id });
    },
    names: 'belongs to another user',
  },
  not_authenticated: {
    by: 'a command comes after the end of the token',
    cause: async () => (await world.connect({ exp: String(Math.floor(Date.now() / 1000) - 1) })).refused('get_list'),
    names: 'the token has expired',
  },
  duplicated_session_id: {
    by: 'a create has the id of a live session',
    cause: async () => {
      const ann = await world.connect();
      const session_id = await ann.create({ ...p2p, session_id: `twice-${randomUUID()}` });
      return ann.refused('create', { ...p2p, session_id });
    },
    names: /a session twice-\S+ is alive/,
  },
  invalid_session_id: later('invalid_session_id', 'an engine does not take an id'),
  member_not_found: {
    by: 'a session is to be muted that is not in the room',
    cause: async () => {
      const { host, room_id } = await conference(world);
      return host.refused('room/mute', { room_id, session_id: await host.create(p2p), audio: true });
    },
    names: /^session \S+@n1 is not in room \S+@n1$/,
  },
  invalid_operation: {
    by: 'media are changed that do not come by',
    cause: refusedOf(p2p, 'update_media', { mute_audio: true }),
    names: 'p2p session',
  },
  invalid_parameters: {
    by: 'sdp_type is another than that of the offer',
    cause: refused('create', { ...echo, backend: 'janus', sdp_type: 'rtp' }),
    names: 'data.sdp_type is rtp, but data.offer is webrtc',
  },
  unknown_command: {
    by: 'cmd is misspelt',
    cause: refused('crate', echo),
    names: 'unknown command session/crate, did you mean create',
  },
  invalid_action: {
    by: 'an action is none of its command',
    cause: refused('recorder_action', { session_id: 's', action: 'pause' }),
    names: 'data.action',
  },
  syntax_error: {
    by: 'data holds a field that nobody knows',
    cause: refused('create', { ...echo, wait_replay: true }),
    names: 'unknown field data.wait_replay, did you mean wait_reply',
  },
  missing_field: {
    by: 'a mandatory field is missing',
    cause: refused('create', { offer }),
    names: 'data.type is missing',
  },
  invalid_value: {
    by: 'an SDP is not of the kind that it says',
    cause: async () => {
      const ann = await world.connect({ scope: 'media:session media:rtp' });
      return ann.refused('create', { ...p2p, offer: { ...offer, sdp_type: 'rtp' } });
    },
    names: 'data.offer.sdp has a fingerprint and ICE, but sdp_type is rtp',
  },
  session_timeout: {
    by: 'no answer comes in wait_timeout',
    cause: toldWhen({ ...p2p, wait_timeout: 1 }, () => undefined),
    names: 'no offer and answer in wait_timeout, 1 s',
  },
  session_stop: {
    by: 'the session is found to be held by another node',
    cause: toldWhen(p2p, async (sessionId, owner) => {
      const held = await world.sessions.get({ tenant: 'acme', sessionId });
      if (!held) throw new Error(`no record of ${sessionId}`);
      await world.sessions.release(held, Date.now());
      await world.sessions.claim({ ...held, nodeId: 'elsewhere' }, 9e9);
      await owner.ask('attach', { session_id: sessionId });
    }),
    names: 'the session stopped',
  },
  session_not_found: {
    by: "another tenant's session is commanded",
    cause: async () => {
      const session_id = await (await world.connect()).create(p2p);
      return (await world.connect({ ...admin, tenant: 'globex' })).refused('get_info', { session_id });
    },
    names: /^no session \S+@n1$/,
  },
  invalid_uri: later('invalid_uri', 'something cannot be played'),
  unknown_peer: {
    by: 'master_id names no session',
    cause: refused('create', { type: 'p2p', master_id: 'nobody' }),
    names: 'data.master_id: no session nobody',
  },
  no_mediaserver: {
    by: 'no live node has the engine',
    cause: refused('create', { type: 'park', offer }),
    names: 'no live node has freeswitch up',
  },
  different_mediaserver: {
    by: 'a slave cannot be on the engine of its master',
    cause: async () => {
      const ann = await world.connect();
      return ann.refused('create', { ...echo, master_id: await ann.create(p2p) });
    },
    names: /session \S+@n1 is on p2p/,
  },
  unknown_backend: {
    by: 'backend names none',
    cause: refused('create', { ...echo, backend: 'kurento' }),
    names: 'data.backend must be one of nkmedia_janus, janus, nkmedia_fs, freeswitch, p2p, not kurento',
  },
  session_failed: later('session_failed', 'a session fails'),
  incompatible_session: {
    by: 'a backend is asked for what it cannot do',
    cause: refused('create', { type: 'mcu', offer, backend: 'janus' }),
    names: 'backend janus does not do mcu with an offer of sdp_type webrtc',
  },
  offer_not_set: {
    by: 'a p2p session has neither offer nor master',
    cause: refused('create', { type: 'p2p' }),
    names: 'data.offer or data.master_id',
  },
  offer_already_set: {
    by: 'a slave brings an offer of its own',
    cause: async () => {
      const ann = await world.connect();
      return ann.refused('create', { ...p2p, master_id: await ann.create(p2p) });
    },
    names: 'the offer is that of data.master_id',
  },
  answer_not_set: later('answer_not_set', 'something needs the answer before it is there'),
  answer_already_set: {
    by: 'set_answer comes twice',
    cause: async () => {
      const ann = await world.connect();
      const session_id = await ann.create(p2p);
      await ann.ask('set_answer', { session_id, answer });
      return ann.refused('set_answer', { session_id, answer });
    },
    names: 'the session has its answer',
  },
  no_ice_candidates: {
    by: 'no candidate comes in trickle_ice_timeout',
    cause: async () => {
      const ann = await world.connect();
      const data = { ...p2p, offer: bare, no_offer_trickle_ice: true, trickle_ice_timeout: 300 };
      return ann.refused('get_offer', { session_id: await ann.create(data) });
    },
    names: 'no ICE candidates came',
  },
  missing_sdp: {
    by: 'an offer has no SDP',
    cause: refused('create', { type: 'echo', offer: { sdp_type: 'webrtc' } }),
    names: 'data.offer.sdp is empty',
  },
  bridge_stop: {
    by: 'the other side of a bridge leaves',
    alone: true,
    cause: () =>
      withFreeSwitch(world, async () => {
        const ann = await world.connect();
        const peer_id = await ann.create(park);
        const session_id = await ann.create({ type: 'bridge', offer, peer_id, wait_reply: true });
        await until('they are bridged', async () => (await ann.ask('get_info', { session_id: peer_id })).peer_id);
        await ann.ask('set_type', { session_id: peer_id, type: 'echo' });
        return toldAtEnd(ann, session_id);
      }),
    names: /^its peer \S+@fs left the bridge$/,
  },
  peer_stopped: {
    by: 'the other session of a pair ends',
    cause: async () => {
      const ann = await world.connect();
      const master_id = await ann.create(p2p);
      const session_id = await ann.create({ type: 'p2p', master_id });
      return whileWaiting(ann.refused('get_answer', { session_id }), () =>
        ann.ask('destroy', { session_id: master_id }),
      );
    },
    names: /its peer \S+@n1 stopped/,
  },
  no_active_recorder: {
    by: 'a recording is stopped that never began',
    cause: refusedOf(echo, 'recorder_action', { action: 'stop' }),
    names: 'nothing is being recorded',
  },
  no_active_player: {
    by: 'something is done to what is not played',
    cause: refusedOf(echo, 'player_action', { action: 'pause' }),
    names: 'nothing is being played',
  },
  no_active_room: {
    by: 'something is done to the room of a session that is in none',
    cause: refusedOf(echo, 'room_action', { action: 'list' }),
    names: /session \S+@n1 is in no room/,
  },
  node_lost: {
    by: 'the node of the session stops',
    alone: true,
    cause: async () => {
      const freeswitch = new FakeBackend('freeswitch');
      freeswitch.answers = 'later';
      await world.start('n2', [freeswitch]);
      const ann = await world.connect();
      const waiting = ann.refused('create', { ...echo, backend: 'freeswitch', wait_reply: true });
      return whileWaiting(
        waiting,
        () => world.stop('n2'),
        () => freeswitch.opened.length > 0,
      );
    },
    names: 'the media node stops',
  },
  node_draining: {
    by: 'the only node that could take the session is about to stop',
    alone: true,
    cause: async () => {
      const freeswitch = new FakeBackend('freeswitch');
      await world.start('n3', [freeswitch]);
      const ann = await world.connect();
      const master_id = await ann.create({ ...echo, backend: 'freeswitch' });
      const stopped = Promise.withResolvers<void>();
      vi.spyOn(freeswitch, 'stop').mockReturnValue(stopped.promise);
      await services().directory.list();
      const stopping = world.stop('n3');
      const error = await ann.refused('create', { type: 'park', offer, master_id });
      stopped.resolve();
      await stopping;
      return error;
    },
    names: 'the media node takes no new sessions',
  },
  message_too_large: {
    by: 'a function sends a node more than that takes',
    cause: async () => {
      const node = await services().directory.find('n1');
      if (!node) throw new Error('no node n1');
      const body = { text: 'x'.repeat(300 * 1024) };
      const error = await rejection(services().nodes.post(node, '/v1/session/get_info', body, { resultMs: 2000 }));
      return error.toBody();
    },
    names: 'the message is too large',
  },
  rate_limited: {
    by: 'a session gets more candidates than anybody has',
    cause: async () => {
      const ann = await world.connect();
      const session_id = await ann.create(p2p);
      const line = { sdpMLineIndex: 0, candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' };
      const candidates = Array.from({ length: 50 }, () => line);
      for (let at = 0; at < 10; at += 1) await ann.ask('set_candidate', { session_id, candidates });
      return ann.refused('set_candidate', { session_id, ...line });
    },
    names: 'a session takes 500 candidates',
  },
  recording_failed: {
    by: 'the engine cannot record',
    alone: true,
    cause: async () => {
      const ann = await world.connect();
      const session_id = await ann.create({ ...echo, wait_reply: true });
      world.janus.media.recorder.failure = new PatchbayError('janus_error', 'secrets of the disk');
      return ann.refused('recorder_action', { session_id, action: 'start' });
    },
    names: 'the recording failed',
  },
  janus_error: {
    by: 'Janus refuses the offer',
    alone: true,
    cause: engineRefuses(
      new PatchbayError('janus_error', 'Janus refused the offer', { engine: { code: 490, text: 'inner' } }),
    ),
    names: 'Janus refused the offer',
  },
  janus_connection_error: {
    by: 'the connection to Janus breaks before it answers',
    alone: true,
    cause: engineRefuses(new PatchbayError('janus_connection_error')),
    names: 'Janus cannot be reached',
  },
  janus_session_down: {
    by: 'Janus is started again while a session lives on it',
    alone: true,
    cause: engineEnds(new PatchbayError('janus_session_down')),
    names: 'Janus lost the session',
  },
  janus_bye: {
    by: 'Janus ends the call',
    alone: true,
    cause: engineEnds(new PatchbayError('janus_bye')),
    names: 'Janus ended the call',
  },
  fs_error: {
    by: 'FreeSWITCH refuses a request',
    alone: true,
    cause: refusedByFreeSwitch('fs_error', 'update_media', { mute_audio: true }),
    names: 'words of fs_error',
  },
  fs_invite_error: {
    by: 'FreeSWITCH refuses a call',
    alone: true,
    cause: () =>
      withFreeSwitch(world, async (freeswitch) => {
        freeswitch.answers = 'later';
        const ann = await world.connect();
        return whileWaiting(
          ann.refused('create', { ...park, wait_reply: true }),
          () => freeswitch.media.fails(fsError('fs_invite_error')),
          () => freeswitch.opened.length > 0,
        );
      }),
    names: 'words of fs_invite_error',
  },
  fs_get_answer_error: {
    by: 'FreeSWITCH does not take the answer of the client',
    alone: true,
    cause: refusedByFreeSwitch('fs_get_answer_error', 'set_answer', { answer }, { offer: undefined }),
    names: 'words of fs_get_answer_error',
  },
  fs_get_offer_error: {
    by: 'FreeSWITCH makes no offer',
    alone: true,
    cause: () =>
      withFreeSwitch(world, async (freeswitch) => {
        freeswitch.offerFailure = fsError('fs_get_offer_error');
        return (await world.connect()).refused('create', { type: 'park', wait_reply: true });
      }),
    names: 'words of fs_get_offer_error',
  },
  fs_channel_parked: {
    by: 'FreeSWITCH ends a call by parking it',
    alone: true,
    cause: endOfChannel((channel) => channel.sink.stopped(fsError('fs_channel_parked'))),
    names: 'words of fs_channel_parked',
  },
  fs_channel_stop: {
    by: 'the client hangs up',
    alone: true,
    cause: endOfChannel((channel) => channel.hangUp()),
    names: 'FreeSWITCH ended the channel: NORMAL_CLEARING',
  },
  fs_transfer_error: {
    by: 'FreeSWITCH cannot transfer the channel',
    alone: true,
    cause: refusedByFreeSwitch('fs_transfer_error', 'set_type', { type: 'echo' }),
    names: 'words of fs_transfer_error',
  },
  fs_bridge_error: {
    by: 'FreeSWITCH cannot bridge the channels',
    alone: true,
    cause: () =>
      withFreeSwitch(world, async (freeswitch) => {
        const ann = await world.connect();
        const peer_id = await ann.create({ ...park, wait_reply: true });
        const session_id = await ann.create({ ...park, wait_reply: true });
        freeswitch.media.moveFailure = fsError('fs_bridge_error');
        return ann.refused('set_type', { session_id, type: 'bridge', peer_id });
      }),
    names: 'words of fs_bridge_error',
  },
  room_not_found: {
    by: 'a room is named that is not there',
    cause: refused('room/get_info', { room_id: 'lobby' }),
    names: 'no room lobby',
  },
  room_already_exists: {
    by: 'a room is made with the id of one that is there',
    cause: async () => {
      const host = await connectHost(world);
      const room = { class: 'sfu', room_id: `twice-${randomUUID()}` };
      await host.ask('room/create', room);
      return host.refused('room/create', room);
    },
    names: /^a room twice-\S+ exists$/,
  },
  room_destroyed: {
    by: 'the room of a session is destroyed',
    cause: async () => {
      const { host, room_id, publisher_id } = await conference(world);
      await host.ask('room/destroy', { room_id });
      return toldAtEnd(host, publisher_id);
    },
    names: /^room \S+@n1 was destroyed$/,
  },
  no_room_members: {
    by: 'the first publisher of a room that was made for it fails',
    alone: true,
    cause: async () => {
      world.janus.answers = 'later';
      const host = await connectHost(world);
      await host.ask('event/subscribe', { subclass: 'room' });
      const { room_id } = await host.ask('create', { type: 'publish', offer });
      world.janus.media.fails(new PatchbayError('janus_error'));
      return toldAtEnd(host, String(room_id));
    },
    names: 'its first publisher could not be started',
  },
  invalid_publisher: {
    by: 'a listener is to hear a session that publishes nothing',
    cause: async () => {
      const ann = await world.connect();
      return ann.refused('create', { type: 'listen', publisher_id: await ann.create(echo) });
    },
    names: /^data\.publisher_id: session \S+@n1 is echo, not publish$/,
  },
  publisher_stop: {
    by: 'the publisher that is heard stops',
    cause: async () => {
      const { host, publisher_id } = await conference(world);
      const listener = await listenerTo(host, publisher_id);
      await host.ask('destroy', { session_id: publisher_id });
      return toldAtEnd(host, listener);
    },
    names: /^its publisher \S+@n1 stopped$/,
  },
} satisfies Record<Reason, Row>;

for (const [reason, row] of Object.entries<Row>(rows).sort(
  ([, a], [, b]) => Number(a.alone ?? 0) - Number(b.alone ?? 0),
)) {
  const [code] = errorTable[reason as Reason];
  test(`${code} ${reason}: ${row.by}`, { concurrent: !row.alone }, async ({ expect }) => {
    const told = await row.cause();
    expect(told).toMatchObject({ code, reason, error: expect.stringMatching(row.names) });
    expect(Object.keys(told).filter((key) => key !== 'retry_after')).toEqual(['code', 'reason', 'error']);
    expect(JSON.stringify(told)).not.toMatch(/secrets|inner|127\.0\.0\.1/);
  });
}

test('every row of the table has a test here, and no test is of a row that is gone', () => {
  expect(Object.keys(rows).sort()).toEqual(Object.keys(errorTable).sort());
});
