import { beforeEach, describe, expect, test } from 'vitest';
import { P2pBackend } from '../../../../lib/backends/p2p/backend.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { admin, caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeBackend } from '../../../support/fake-backend.ts';
import { FakeFreeSwitch } from '../../../support/fake-freeswitch.ts';
import { answer, offer, phoneOffer } from '../../../support/sdp.ts';
import { channelOf, mediaOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const rtp = { sdp: phoneOffer, sdp_type: 'rtp' };
const phones = () => moderator({ scopes: ['media:session', 'media:room', 'media:rtp'] });
const refused = (fields: Record<string, unknown>, who = phones()) => rejection(node.create('x', fields, who));
const stop = (sessionId: string) => node.sessions.controlled(admin(), sessionId).stop(new PatchbayError('user_stop'));

describe('a proxy', () => {
  test.each([
    ['webrtc', offer, undefined, { near: 'webrtc', far: 'webrtc' }],
    ['webrtc', offer, 'webrtc', { near: 'webrtc', far: 'webrtc' }],
    ['webrtc', offer, 'rtp', { near: 'webrtc', far: 'rtp' }],
    ['rtp', rtp, undefined, { near: 'rtp', far: 'webrtc' }],
  ])('of %s has the kinds of its offer and of sdp_type', async (_, given, sdp_type, kinds) => {
    const session = await node.session('m', { type: 'proxy', offer: given, sdp_type }, phones());
    expect(session.spec.binding).toMatchObject({ type: 'proxy', role: 'offeree', kinds });
    expect(mediaOf(session).spec.kinds).toEqual(kinds);
  });

  test('with rtp on both sides is invalid_parameters', async () => {
    expect(await refused({ type: 'proxy', offer: rtp, sdp_type: 'rtp' })).toMatchObject(reason('invalid_parameters'));
  });

  test.each(['mute_audio', 'mute_video', 'mute_data', 'record'])(
    'with an rtp side refuses %s, and to be asked for it later',
    async (field) => {
      const proxy = { type: 'proxy', offer, sdp_type: 'rtp' };
      expect(await refused({ ...proxy, [field]: true })).toMatchObject({
        ...reason('invalid_operation'),
        message: `data.${field}: patchbay does not touch the media of a proxy with an rtp side`,
      });
      expect((await node.session('m', { ...proxy, [field]: false }, phones())).state).toBe('wait');
    },
  );

  test('of a session that is none is incompatible_session', async () => {
    await node.session('e', { type: 'echo', offer });
    expect(await refused({ type: 'proxy', offer, master_id: 'e' })).toMatchObject(reason('incompatible_session'));
  });
});

describe('the slave of a proxy', () => {
  beforeEach(() => node.session('m', { type: 'proxy', offer }, phones()));

  test.each(['proxy', 'bridge', 'p2p'])('may be called %s: it is one, on the engine of its master', async (type) => {
    node.backends.unshift(new FakeBackend('janus', 'idle'));
    const slave = await node.session('s', { type, master_id: 'm' });
    expect(slave.spec.binding).toMatchObject({ type: 'proxy', role: 'offerer', backend: node.janus });
    expect(mediaOf(slave).spec.master).toBe(mediaOf(node.sessions.controlled(caller(), 'm')));
    expect(slave.peer?.spec.sessionId).toBe('m');
  });

  test('may name its master by peer_id, and by both, but not two different ones', async () => {
    await node.session('other', { type: 'proxy', offer });
    expect(await refused({ type: 'proxy', master_id: 'm', peer_id: 'other' })).toMatchObject(
      reason('invalid_parameters'),
    );
    expect((await node.session('s', { type: 'bridge', peer_id: 'm' })).peer?.spec.sessionId).toBe('m');
    const both = { type: 'proxy', master_id: 'other', peer_id: 'other' };
    expect((await node.session('t', both)).peer?.spec.sessionId).toBe('other');
  });

  test('may repeat the proxy offer, with other line ends, but bring no other', async () => {
    expect(
      await refused({ type: 'proxy', master_id: 'm', offer: { sdp: offer.sdp.replace('s=-', 's=x') } }),
    ).toMatchObject({
      ...reason('invalid_value'),
      message: 'data.offer is not the proxy offer of the master: leave it out',
    });
    const repeated = { ...offer, sdp: offer.sdp.replaceAll('\r\n', '\n') };
    const slave = await node.session('s', { type: 'proxy', master_id: 'm', offer: repeated });
    expect([slave.spec.binding.role, slave.spec.data.offer]).toEqual(['offerer', undefined]);
  });

  test('is one: a second one, and a slave of it, are invalid_state', async () => {
    await node.session('s', { type: 'proxy', master_id: 'm' });
    expect(await refused({ type: 'proxy', master_id: 'm' })).toMatchObject(reason('invalid_state'));
    expect(await refused({ type: 'proxy', master_id: 's' })).toMatchObject(reason('invalid_state'));
  });

  test('is of the kind of the far side, and its answer is always its master’s', async () => {
    expect(await refused({ type: 'proxy', master_id: 'm', sdp_type: 'rtp' })).toMatchObject({
      ...reason('invalid_parameters'),
      message: 'data.sdp_type is rtp, but the far side of m is webrtc',
    });
    expect(await refused({ type: 'proxy', master_id: 'm', set_master_answer: false })).toMatchObject(
      reason('invalid_parameters'),
    );
  });

  test('needs the scope media:rtp where the far side is rtp', async () => {
    await node.session('phone', { type: 'proxy', offer, sdp_type: 'rtp' }, phones());
    expect(await refused({ type: 'bridge', master_id: 'phone' }, caller())).toMatchObject(reason('unauthorized'));
    expect(await refused({ type: 'bridge', master_id: 'phone', record: true })).toMatchObject(
      reason('invalid_operation'),
    );
    expect((await node.session('s', { type: 'bridge', master_id: 'phone' }, phones())).peer).toBeDefined();
  });

  test('needs control of its master, which must be alive', async () => {
    expect(await refused({ type: 'proxy', master_id: 'm' }, caller({ userId: 'bob' }))).toMatchObject(
      reason('unauthorized'),
    );
    await stop('m');
    expect(await refused({ type: 'proxy', master_id: 'm' })).toMatchObject(reason('unknown_peer'));
  });

  test('whose master ends while it asks for the proxy offer is unknown_peer, and nothing is left', async () => {
    const far = Promise.withResolvers<typeof offer>();
    Object.assign(mediaOf(node.sessions.controlled(caller(), 'm')), { farOffer: () => far.promise });
    const creating = refused({ type: 'proxy', master_id: 'm', offer });
    await flush();
    await stop('m');
    far.resolve(offer);
    expect(await creating).toMatchObject(reason('unknown_peer'));
    expect([node.sessions.count, node.clock.pending]).toEqual([0, 0]);
  });
});

describe('a listener', () => {
  beforeEach(async () => {
    await node.room();
    await node.publish('p');
  });

  test('is in the room and on the engine of its publisher', async () => {
    node.backends.unshift(new FakeBackend('janus', 'idle'));
    const listener = await node.session('l', { type: 'listen', publisher_id: 'p' }, caller({ userId: 'bob' }));
    const { room } = node.sessions.controlled(caller(), 'p').spec.binding;
    expect(listener.spec.binding).toMatchObject({ role: 'offerer', backend: node.janus, room, roomRole: 'listener' });
    expect(mediaOf(listener).spec).toMatchObject({ publisher: { spec: { type: 'publish' } }, room: node.janus.room });
  });

  test('may name the room, but no other: invalid_parameters', async () => {
    expect((await node.session('l', { type: 'listen', publisher_id: 'p', room_id: 'lobby' })).state).toBe('wait');
    expect(await refused({ type: 'listen', publisher_id: 'p', room_id: 'attic' })).toMatchObject({
      ...reason('invalid_parameters'),
      message: 'data.room_id: p is in room lobby',
    });
  });

  test('of nobody, of what is no publisher, or of one that has ended is invalid_publisher', async () => {
    await node.session('e', { type: 'echo', offer });
    const ids = ['nobody', 'e', 'p'];
    await stop('p');
    for (const publisher_id of ids) {
      expect(await refused({ type: 'listen', publisher_id })).toMatchObject(reason('invalid_publisher'));
    }
    expect(await refused({ type: 'listen' })).toMatchObject(reason('missing_field'));
  });

  test('needs the same tenant, and the room in its claim', async () => {
    const listen = { type: 'listen', publisher_id: 'p' };
    expect(await refused(listen, admin({ tenant: 'globex' }))).toMatchObject(reason('invalid_publisher'));
    expect(await refused(listen, caller({ rooms: ['attic'] }))).toMatchObject(reason('unauthorized'));
    expect((await node.session('l', listen, caller({ userId: 'bob', rooms: ['lobby'] }))).state).toBe('wait');
  });

  test('offers, and webrtc only', async () => {
    for (const fields of [{ offer }, { sdp_type: 'rtp' }, { backend: 'freeswitch' }]) {
      expect(await refused({ type: 'listen', publisher_id: 'p', ...fields })).toMatchObject(
        reason('incompatible_session'),
      );
    }
  });
});

describe('a publisher', () => {
  test('offers webrtc: anything else is incompatible_session, and no room is made for it', async () => {
    for (const fields of [{}, { offer: rtp }, { offer, backend: 'p2p' }]) {
      expect(await refused({ type: 'publish', ...fields })).toMatchObject(reason('incompatible_session'));
    }
    expect(node.rooms.count).toBe(0);
  });

  test('that names a master of another engine is different_mediaserver, and the room made for it is over', async () => {
    node.backends.push(new P2pBackend());
    await node.session('m', { type: 'p2p', offer });
    expect(await refused({ type: 'publish', offer, master_id: 'm' })).toMatchObject(reason('different_mediaserver'));
    await flush();
    expect(node.rooms.count).toBe(0);
  });
});

test('a publisher whose master is on another engine of the kind than its room is different_mediaserver', async () => {
  await node.session('m', { type: 'echo', offer });
  const second = new FakeBackend('janus', 'janus-2');
  node.backends.push(second);
  const error = await refused({ type: 'publish', offer, master_id: 'm' });
  expect(error).toMatchObject({ ...reason('different_mediaserver'), message: 'session m is on janus-1' });
  await flush();
  expect([node.rooms.count, second.opened]).toEqual([0, []]);
});

test('of two slaves that come at the same moment the master takes one: the other is invalid_state', async () => {
  await node.session('m', { type: 'proxy', offer });
  const both = ['s1', 's2'].map((id) => node.create(id, { type: 'proxy', master_id: 'm', offer }));
  const [first, second] = await Promise.allSettled(both);
  expect([first?.status, second]).toMatchObject(['fulfilled', { status: 'rejected', reason: reason('invalid_state') }]);
  expect(node.sessions.count).toBe(2);
});

describe.each(['publish', 'listen'])('a session of type %s with a master', (type) => {
  const slave = { type, ...(type === 'publish' ? { offer, room_id: 'lobby' } : { publisher_id: 'p' }) };
  beforeEach(async () => {
    await node.room();
    await node.publish('p');
    await node.session('m', { type: 'echo', offer });
  });

  test('is its slave: if one stops the other stops', async () => {
    const session = await node.session('s', { ...slave, master_id: 'm' });
    expect([session.peer?.spec.sessionId, session.spec.binding.master?.spec.sessionId]).toEqual(['m', 'm']);
    await stop('m');
    await flush();
    expect(node.over).toEqual({ m: 'user_stop', s: 'peer_stopped' });
  });

  test('has it for itself: a second one is invalid_state', async () => {
    await node.session('s', { ...slave, master_id: 'm' });
    expect(await refused({ ...slave, master_id: 'm' })).toMatchObject(reason('invalid_state'));
  });
});

test('an offer of plain RTP, and rtp on the far side, need the scope media:rtp', async () => {
  expect(await refused({ type: 'proxy', offer: rtp }, caller())).toMatchObject(reason('unauthorized'));
  expect(await refused({ type: 'proxy', offer, sdp_type: 'rtp' }, caller())).toMatchObject(reason('unauthorized'));
});

test('a p2p session refuses what would have to be done to media that do not come by', async () => {
  node.backends.push(new P2pBackend());
  expect(await refused({ type: 'p2p', offer, bitrate: 1000 })).toMatchObject({
    ...reason('invalid_operation'),
    message: 'data.bitrate: patchbay does not touch the media of a p2p session',
  });
  const master = await node.session('m', { type: 'p2p', offer, bitrate: 0 });
  await master.setAnswer(answer);
  expect(master.state).toBe('ready');
});

describe('on FreeSWITCH', () => {
  const freeswitch = { backend: 'freeswitch' };
  const peers: Record<string, object> = { bridge: { peer_id: 'p' } };

  describe.each(['park', 'echo', 'bridge', 'mcu'])('%s', (type) => {
    beforeEach(() => node.park('p', { stop_after_peer: false }));

    test('with an offer is answered by the engine, which is told what it begins as', async () => {
      const session = await node.session('s', { type, offer, ...freeswitch, ...peers[type] });
      expect([session.state, session.type, session.spec.binding.role]).toEqual(['ready', type, 'offeree']);
      expect(channelOf(session).spec).toMatchObject({ type });
      expect(channelOf(session).spec.offers).toBeUndefined();
      expect(session.negotiation.answer.known.value).toEqual(answer);
    });

    test.each([
      [{}, { sdpType: 'webrtc', hasVideo: true }],
      [{ offer_video: false }, { sdpType: 'webrtc', hasVideo: false }],
      [{ sdp_type: 'rtp' }, { sdpType: 'rtp', hasVideo: false }],
      [
        { sdp_type: 'rtp', offer_video: true },
        { sdpType: 'rtp', hasVideo: true },
      ],
    ])('without one, and %o, is offered to', async (fields, offers) => {
      const session = await node.session('s', { type, ...freeswitch, ...peers[type], ...fields }, phones());
      expect([session.state, session.spec.binding.role]).toEqual(['wait', 'offerer']);
      expect(channelOf(session).spec.offers).toEqual(offers);
      expect(session.negotiation.offer.known.value?.sdp_type).toBe(offers.sdpType);
    });

    test('of plain RTP needs the scope media:rtp', async () => {
      const fields = { type, ...freeswitch, ...peers[type] };
      for (const kind of [{ offer: rtp }, { sdp_type: 'rtp' }]) {
        expect(await refused({ ...fields, ...kind }, moderator())).toMatchObject(reason('unauthorized'));
      }
      expect((await node.session('s', { ...fields, offer: rtp }, phones())).type).toBe(type);
    });
  });

  test('a bridge without a peer is missing_field, with two different ones invalid_parameters', async () => {
    await node.park('p');
    await node.park('q');
    expect(await refused({ type: 'bridge', offer })).toMatchObject({
      ...reason('missing_field'),
      message: 'data.peer_id is missing',
    });
    const two = { type: 'bridge', offer, peer_id: 'p', master_id: 'q' };
    expect(await refused(two)).toMatchObject(reason('invalid_parameters'));
    expect((await node.session('s', { ...two, master_id: 'p' })).bridging.peer?.spec.sessionId).toBe('p');
  });

  test('a bridge goes to the engine of its peer, which must be one that bridges', async () => {
    await node.park('p');
    node.backends.unshift(new FakeFreeSwitch('idle'));
    await node.session('e', { type: 'echo', offer });
    const session = await node.session('s', { type: 'bridge', offer, peer_id: 'p' });
    expect(session.spec.binding.backend).toBe(node.freeswitch);
    expect(await refused({ type: 'bridge', offer, peer_id: 'e' })).toMatchObject({
      ...reason('different_mediaserver'),
      message: 'session e is on janus',
    });
  });

  test('a bridge needs control of its peer, in whatever field it is named', async () => {
    await node.park('p');
    for (const field of ['peer_id', 'master_id']) {
      const fields = { type: 'bridge', offer, [field]: 'p' };
      expect(await refused(fields, moderator({ userId: 'bob' }))).toMatchObject(reason('unauthorized'));
    }
  });

  test.each(['park', 'echo', 'mcu'])('%s with a master is its slave: if one stops the other stops', async (type) => {
    await node.park('m');
    const session = await node.session('s', { type, offer, ...freeswitch, master_id: 'm' });
    expect([session.peer?.spec.sessionId, session.bridging.peer]).toEqual(['m', undefined]);
    await node.stop('m');
    expect(node.over).toEqual({ m: 'user_stop', s: 'peer_stopped' });
  });

  test('a member is on the engine of its room', async () => {
    await node.room({ class: 'mcu' });
    node.backends.unshift(new FakeFreeSwitch('idle'));
    const session = await node.session('s', { type: 'mcu', offer, room_id: 'lobby' });
    expect([session.spec.binding.backend, session.spec.binding.roomRole]).toEqual([node.freeswitch, 'member']);
    expect(channelOf(session).spec.room).toBe(node.freeswitch.room);
  });

  test('a node that is full takes no more, and leaves no room behind', async () => {
    node = new TestNode({ capacity: 1 });
    await node.park('p');
    expect(await refused({ type: 'mcu', offer, room_id: 'lobby' })).toMatchObject(reason('no_mediaserver'));
    await flush();
    expect([node.rooms.count, node.sessions.count]).toEqual([0, 1]);
  });
});
