import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../../../../lib/backends/backend.ts';
import { P2pBackend } from '../../../../lib/backends/p2p/backend.ts';
import { Owners } from '../../../../lib/controller/owners.ts';
import { Sessions } from '../../../../lib/controller/session/sessions.ts';
import { sessionRecord } from '../../../../lib/controller/session/view.ts';
import type { Caller } from '../../../../lib/domain/access.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import type { GetListData } from '../../../../lib/protocol/session.ts';
import { admin, caller } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, refusal, rejection } from '../../../support/errors.ts';
import { FakeBackend } from '../../../support/fake-backend.ts';
import { testRooms } from '../../../support/room-world.ts';
import { chromiumOffer, offer, phoneOffer } from '../../../support/sdp.ts';
import { TestNode } from '../../../support/test-node.ts';
import { create, FakeWorld, testRules } from '../../../support/world.ts';

let world: FakeWorld;
let janus: FakeBackend;
let sessions: Sessions;
let registered: boolean;
let backends: Backend[];
const onEnded = vi.fn<(why: PatchbayError) => void>();
beforeEach(() => {
  world = new FakeWorld();
  janus = new FakeBackend();
  backends = [janus];
  registered = true;
  onEnded.mockReset();
  const owners = new Owners(async () => registered);
  sessions = new Sessions({
    nodeId: 'node-1',
    capacity: 400,
    backends,
    rooms: testRooms(backends),
    rules: testRules,
    owners,
    world,
    onEnded,
  });
});

const placed = (sessionId: string) => ({ sessionId, attempt: 1 });
async function make(sessionId: string, who: Caller = caller(), fields: Record<string, unknown> = {}) {
  const session = await sessions.create(who, create(fields), placed(sessionId), `request ${sessionId}`);
  await flush();
  return session;
}
const refused = (who: Caller, fields: Record<string, unknown> = {}) =>
  rejection(sessions.create(who, create(fields), placed('x'), 'request x'));
const list = (who: Caller, filter: Partial<GetListData> = {}, after = '') => {
  const page = sessions.list(who, { limit: 100, ...filter }, after);
  return { ids: page.sessions.map(({ session_id }) => session_id), more: page.more };
};
const stop = () => new PatchbayError('user_stop');

describe('create', () => {
  test('makes a session that is found, and notes in its record which request made it', async () => {
    const session = await make('a');
    expect(sessions.controlled(caller(), 'a')).toBe(session);
    expect(sessions.count).toBe(1);
    expect(world.records.get('acme/a')).toMatchObject({ requestId: 'request a', nodeId: 'node-1', attempt: 1 });
  });

  test('of a live id is duplicated_session_id and leaves the first one alone', async () => {
    const session = await make('a');
    const error = await rejection(sessions.create(caller(), create(), placed('a'), 'another'));
    expect(error).toMatchObject(reason('duplicated_session_id'));
    expect(sessions.controlled(caller(), 'a')).toBe(session);
    expect(session.state).toBe('ready');
  });

  test('of an id that is alive on another node is duplicated_session_id, and nothing is left', async () => {
    const session = await make('a');
    world.records.set('acme/b', {
      ...sessionRecord(session),
      sessionId: 'b',
      nodeId: 'node-2',
    });
    expect(await rejection(make('b'))).toMatchObject(reason('duplicated_session_id'));
    expect(sessions.count).toBe(1);
    expect(refusal(() => sessions.controlled(caller(), 'b'))).toMatchObject(reason('session_not_found'));
    expect(sessions.controlled(caller(), undefined)).toBe(session);
  });

  test('of the same id in another tenant makes another session', async () => {
    const mine = await make('a');
    const theirs = await make('a', caller({ tenant: 'globex', connectionId: 'c2' }));
    expect(theirs).not.toBe(mine);
    await theirs.stop(stop());
    expect(sessions.controlled(caller(), 'a')).toBe(mine);
    expect(sessions.count).toBe(1);
  });

  test('needs the scope media:session, and media:rtp for plain RTP on either side', async () => {
    const rtp = { offer: { sdp: phoneOffer, sdp_type: 'rtp' } };
    expect(await refused(caller({ scopes: [] }))).toMatchObject(reason('unauthorized'));
    expect(await refused(caller(), rtp)).toMatchObject(reason('unauthorized'));
    expect(await refused(caller(), { type: 'proxy', sdp_type: 'rtp' })).toMatchObject(reason('unauthorized'));
    backends.push(new FakeBackend('freeswitch'));
    expect((await make('a', caller({ scopes: ['media:session', 'media:rtp'] }), rtp)).state).toBe('ready');
    expect((await make('b', admin(), rtp)).state).toBe('ready');
  });

  test('with an SDP that contradicts its sdp_type is invalid_value', async () => {
    expect(await refused(admin(), { offer: { sdp: phoneOffer } })).toMatchObject(reason('invalid_value'));
    expect(await refused(admin(), { offer: { sdp: chromiumOffer, sdp_type: 'rtp' } })).toMatchObject(
      reason('invalid_value'),
    );
    expect(sessions.count).toBe(0);
  });

  test('on an engine that is down or not here is no_mediaserver', async () => {
    expect(await refused(caller(), { backend: 'freeswitch' })).toMatchObject(reason('no_mediaserver'));
    janus.up = false;
    expect(await refused(caller())).toMatchObject(reason('no_mediaserver'));
    expect(sessions.count).toBe(0);
    expect(world.clock.pending).toBe(0);
  });

  test('goes to the engine of its kind with the fewest sessions', async () => {
    const second = new FakeBackend('janus', 'janus-2');
    const down = new FakeBackend('janus', 'janus-3');
    down.up = false;
    backends.push(second, down);
    for (const id of ['a', 'b', 'c', 'd']) await make(id);
    expect([janus, second, down].map(({ opened }) => opened.length)).toEqual([2, 2, 0]);
  });

  test('goes to the first kind that is up', async () => {
    const freeswitch = new FakeBackend('freeswitch');
    backends.unshift(freeswitch);
    expect((await make('a')).spec.binding.backend).toBe(janus);
    janus.up = false;
    expect((await make('b')).spec.binding.backend).toBe(freeswitch);
  });

  test('on a full node is no_mediaserver, until one ends', async () => {
    sessions = new Sessions({
      nodeId: 'node-1',
      capacity: 2,
      backends,
      rooms: testRooms(backends),
      rules: testRules,
      owners: new Owners(async () => true),
      world,
      onEnded,
    });
    const first = await make('a');
    await make('b');
    expect(await refused(caller())).toMatchObject({
      ...reason('no_mediaserver'),
      message: 'this node is full',
      retryAfterSeconds: 5,
    });
    await first.stop(stop());
    expect((await make('c')).state).toBe('ready');
  });

  test('that a full node has made a room for leaves none', async () => {
    const node = new TestNode({ capacity: 1 });
    const { promise, resolve } = Promise.withResolvers<void>();
    node.roomWorld.claiming = promise;
    const publish = { type: 'publish', offer, room_id: 'lobby', create_room: true };
    const both = [node.create('a', publish), rejection(node.create('b', publish))] as const;
    const late = rejection(node.create('c', { ...publish, room_id: 'attic' }));
    resolve();
    expect((await both[0]).spec.binding.room?.spec.roomId).toBe('lobby');
    for (const error of [await both[1], await late]) expect(error).toMatchObject(reason('no_mediaserver'));
    await flush();
    expect([node.sessions.count, node.rooms.count]).toEqual([1, 1]);
  });

  test('that is under way when the node begins to drain is node_draining, and its room is over', async () => {
    const node = new TestNode();
    const { promise, resolve } = Promise.withResolvers<void>();
    node.roomWorld.claiming = promise;
    const creating = rejection(node.create('a', { type: 'publish', offer, room_id: 'lobby', create_room: true }));
    await flush();
    node.sessions.drain();
    resolve();
    expect(await creating).toMatchObject(reason('node_draining'));
    await flush();
    expect([node.rooms.count, node.clock.pending, node.roomWorld.records.size]).toEqual([0, 0, 0]);
  });

  test('on a node that drains is node_draining, while its sessions go on', async () => {
    const session = await make('a');
    sessions.drain();
    expect(await refused(caller())).toMatchObject({ ...reason('node_draining'), retryAfterSeconds: 1 });
    expect(session.state).toBe('ready');
    expect(sessions.controlled(caller(), 'a')).toBe(session);
    expect((await sessions.attach(caller({ connectionId: 'c2' }), 'a', undefined, undefined)).session_id).toBe('a');
  });

  test('with two kinds of SDP is invalid_parameters, but for a proxy', async () => {
    const { offer: _, ...base } = create();
    const rtp = { sdp: phoneOffer, sdp_type: 'rtp' };
    for (const fields of [{ sdp_type: 'rtp' }, { offer: rtp, sdp_type: 'webrtc' }, { type: 'p2p', sdp_type: 'rtp' }]) {
      expect(await refused(admin(), { ...base, ...fields, offer: fields.offer ?? create().offer })).toMatchObject(
        reason('invalid_parameters'),
      );
    }
    expect(sessions.count).toBe(0);
    backends.push(new FakeBackend('freeswitch'));
    expect((await make('a', admin(), { sdp_type: 'webrtc' })).state).toBe('ready');
    expect((await make('b', admin(), { offer: rtp, sdp_type: 'rtp' })).state).toBe('ready');
    expect((await make('c', admin(), { type: 'proxy', sdp_type: 'rtp' })).state).toBe('wait');
  });

  test('names the engine’s session by an id of its own, not by the client’s', async () => {
    await make('clients-id');
    expect(janus.media.spec.mediaId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('for a connection that is gone already makes a session that waits for its owner, then stops', async () => {
    registered = false;
    const session = await make('a', caller(), { reconnect_timeout: 5 });
    expect(session.voice.status).toMatchObject({ owner: { status: 'gone' } });
    await world.clock.advance(5000);
    expect(sessions.count).toBe(0);
    expect(onEnded.mock.calls[0]?.[0]).toMatchObject(reason('registered_down'));
  });
});

describe('create with a master', () => {
  const slaveOf = (master_id: string, fields: Record<string, unknown> = {}) => ({
    type: 'p2p',
    offer: undefined,
    master_id,
    ...fields,
  });
  beforeEach(() => void backends.push(new P2pBackend()));

  test('pairs the two, on the same backend', async () => {
    backends.push(new P2pBackend());
    const master = await make('m', caller(), { type: 'p2p' });
    const slave = await make('s', caller({ connectionId: 'c2' }), slaveOf('m'));
    expect(slave.peer).toBe(master);
    expect(master.peer).toBe(slave);
    expect(slave.spec.binding.backend).toBe(master.spec.binding.backend);
  });

  test('that is not there is unknown_peer, be it another tenant’s, ended, or here at another node', async () => {
    await make('theirs', caller({ tenant: 'globex' }), { type: 'p2p' });
    const over = await make('over', caller(), { type: 'p2p' });
    await over.stop(stop());
    for (const id of ['theirs', 'over', 'never']) {
      expect(await refused(caller(), slaveOf(id))).toMatchObject(reason('unknown_peer'));
    }
    expect(sessions.count).toBe(1);
  });

  test('that is ending is unknown_peer', async () => {
    const master = await make('m', caller(), { type: 'p2p' });
    const { promise, resolve } = Promise.withResolvers<void>();
    world.writing = promise;
    const ending = master.stop(stop());
    await flush();
    expect(await refused(caller(), slaveOf('m'))).toMatchObject(reason('unknown_peer'));
    resolve();
    await ending;
  });

  test('of another user is unauthorized, but not for an admin', async () => {
    const master = await make('m', caller(), { type: 'p2p' });
    expect(await refused(caller({ userId: 'bob' }), slaveOf('m'))).toMatchObject(reason('unauthorized'));
    expect(master.peer).toBeUndefined();
    expect((await make('s', admin(), slaveOf('m'))).peer).toBe(master);
  });

  test('that has a peer is invalid_state; once that one is gone another may come', async () => {
    const master = await make('m', caller(), { type: 'p2p', stop_after_peer: false });
    const slave = await make('s', caller(), slaveOf('m'));
    expect(await refused(caller(), slaveOf('m'))).toMatchObject(reason('invalid_state'));
    expect(await refused(caller(), slaveOf('s'))).toMatchObject(reason('invalid_state'));
    await slave.stop(stop());
    await flush();
    expect((await make('s2', caller(), slaveOf('m'))).peer).toBe(master);
  });

  test('and an offer is offer_already_set; p2p with neither is offer_not_set', async () => {
    await make('m', caller(), { type: 'p2p' });
    expect(await refused(caller(), { type: 'p2p', master_id: 'm' })).toMatchObject(reason('offer_already_set'));
    expect(await refused(caller(), { type: 'p2p', offer: undefined })).toMatchObject(reason('offer_not_set'));
    expect(sessions.count).toBe(1);
  });

  test('on an engine that cannot do it is different_mediaserver', async () => {
    const echo = await make('echo');
    expect(await refused(caller(), slaveOf('echo'))).toMatchObject(reason('different_mediaserver'));
    expect(echo.peer).toBeUndefined();
    expect(sessions.count).toBe(1);
  });

  test('goes to the very engine of the master, though another one is less loaded', async () => {
    const second = new FakeBackend('janus', 'janus-2');
    await make('m');
    await make('other');
    backends.push(second);
    const slave = await make('s', caller(), { master_id: 'm' });
    expect(slave.spec.binding.backend).toBe(janus);
    expect(second.opened).toEqual([]);
  });

  test('whose own id is taken leaves the master without a peer', async () => {
    const master = await make('m', caller(), { type: 'p2p' });
    await make('taken');
    const here = sessions.create(caller(), create(slaveOf('m')), placed('taken'), 'r');
    expect(await rejection(here)).toMatchObject(reason('duplicated_session_id'));
    world.records.set('acme/elsewhere', { ...sessionRecord(master), sessionId: 'elsewhere', nodeId: 'node-2' });
    const there = sessions.create(caller(), create(slaveOf('m')), placed('elsewhere'), 'r');
    expect(await rejection(there)).toMatchObject(reason('duplicated_session_id'));
    expect([master.state, master.peer]).toEqual(['wait', undefined]);
    expect(sessions.count).toBe(2);
  });
});

describe('attach', () => {
  const again = caller({ connectionId: 'connection-2' });

  test('answers what the session is, and moves it to the new connection', async () => {
    await make('a');
    expect(await sessions.attach(again, 'a', undefined, undefined)).toEqual({
      session_id: 'a',
      type: 'echo',
      state: 'ready',
      // created, answer, and that the owner is another one now.
      seq: 3,
      resume_token: expect.any(String),
    });
    expect(sessions.controlled(again, undefined).spec.sessionId).toBe('a');
    expect(refusal(() => sessions.controlled(caller(), undefined))).toMatchObject(reason('missing_field'));
  });

  test("outlives the old connection's end, told before or after; then the new one's counts", async () => {
    const session = await make('a', caller(), { reconnect_timeout: 5 });
    sessions.connectionGone('connection-1');
    await sessions.attach(again, 'a', undefined, undefined);
    sessions.connectionGone('connection-1');
    await world.clock.advance(60_000);
    expect(session.state).toBe('ready');
    sessions.connectionGone('connection-2');
    await world.clock.advance(5000);
    expect(onEnded.mock.calls.map(([why]) => why.reason)).toEqual(['registered_down']);
  });

  test('on a connection that is gone already leaves the session waiting for its owner', async () => {
    const session = await make('a', caller(), { reconnect_timeout: 5 });
    registered = false;
    await sessions.attach(again, 'a', undefined, undefined);
    await flush();
    expect(session.voice.status).toMatchObject({ owner: { status: 'gone' } });
    await world.clock.advance(5000);
    expect(session.state).toBe('destroyed');
  });

  test('by two connections at once leaves it with the last one only', async () => {
    const session = await make('a');
    const third = caller({ connectionId: 'connection-3' });
    await Promise.all([
      sessions.attach(again, 'a', undefined, undefined),
      sessions.attach(third, 'a', undefined, undefined),
    ]);
    expect(session.ownership.connectionId).toBe('connection-3');
    expect(sessions.controlled(third, undefined)).toBe(session);
    expect(refusal(() => sessions.controlled(again, undefined))).toMatchObject(reason('missing_field'));
    await session.stop(stop());
    for (const who of [caller(), again, third]) {
      expect(refusal(() => sessions.controlled(who, undefined)).message).toContain('has no session');
    }
  });

  test.each<[string, Caller, string]>([
    ['another user', caller({ userId: 'bob' }), 'unauthorized'],
    ['an admin, who controls it but does not own it', admin(), 'unauthorized'],
    ['another tenant', caller({ tenant: 'globex' }), 'session_not_found'],
    ['a caller without the scope', caller({ scopes: [] }), 'unauthorized'],
  ])('without a token by %s is refused', async (_, who, why) => {
    const session = await make('a');
    expect(await rejection(sessions.attach(who, 'a', undefined, undefined))).toMatchObject({ reason: why });
    expect(session.ownership.connectionId).toBe('connection-1');
  });

  test('with its token is not enough in another tenant', async () => {
    const session = await make('a');
    const token = session.ownership.newToken();
    const spy = caller({ tenant: 'globex', userId: 'bob' });
    expect(await rejection(sessions.attach(spy, 'a', token, undefined))).toMatchObject(reason('session_not_found'));
    expect(await sessions.attach(caller({ userId: 'bob' }), 'a', token, undefined)).toMatchObject({ session_id: 'a' });
  });
});

test('owned gives the ids of what the caller owns, page by page, an admin’s too', async () => {
  for (const id of ['c', 'a', 'b']) await make(id);
  await make('bobs', caller({ userId: 'bob', connectionId: 'c2' }));
  expect(sessions.owned(caller({ connectionId: 'new' }), '', 2)).toEqual({ ids: ['a', 'b'], more: true });
  expect(sessions.owned(caller(), 'b', 2)).toEqual({ ids: ['c'], more: false });
  expect(sessions.owned(admin(), '', 2)).toEqual({ ids: [], more: false });
});

describe('a session is controlled', () => {
  test('by its owner and by an admin of its tenant', async () => {
    const session = await make('a');
    expect(sessions.controlled(caller({ connectionId: 'other' }), 'a')).toBe(session);
    expect(sessions.controlled(admin(), 'a')).toBe(session);
  });

  test('not by another user: unauthorized', async () => {
    await make('a');
    expect(refusal(() => sessions.controlled(caller({ userId: 'bob' }), 'a'))).toMatchObject(reason('unauthorized'));
  });

  test.each([caller({ tenant: 'globex' }), admin({ tenant: 'globex' })])(
    'not from another tenant: session_not_found',
    async (who) => {
      await make('a');
      expect(refusal(() => sessions.controlled(who, 'a'))).toMatchObject(reason('session_not_found'));
    },
  );

  test('not once it is over: session_not_found', async () => {
    const session = await make('a');
    await session.stop(stop());
    expect(refusal(() => sessions.controlled(caller(), 'a'))).toMatchObject(reason('session_not_found'));
  });

  test('without its id where it is the only one of the connection', async () => {
    const session = await make('a');
    await make('b', caller({ connectionId: 'other' }));
    expect(sessions.controlled(caller(), undefined)).toBe(session);
  });

  test('only with its id where the connection has none or several: missing_field', async () => {
    expect(refusal(() => sessions.controlled(caller(), undefined)).message).toContain('has no session');
    await make('a');
    const session = await make('b');
    expect(refusal(() => sessions.controlled(caller(), undefined))).toMatchObject(reason('missing_field'));
    expect(refusal(() => sessions.controlled(caller(), undefined)).message).toContain('several sessions');
    await session.stop(stop());
    expect(sessions.controlled(caller(), undefined).spec.sessionId).toBe('a');
  });
});

describe('a list', () => {
  test('holds what the caller owns; for an admin, all of the tenant', async () => {
    await make('mine');
    await make('bobs', caller({ userId: 'bob', connectionId: 'c2' }));
    await make('theirs', caller({ tenant: 'globex', connectionId: 'c3' }));
    expect(list(caller()).ids).toEqual(['mine']);
    expect(list(admin()).ids).toEqual(['bobs', 'mine']);
    expect(list(admin({ tenant: 'globex' })).ids).toEqual(['theirs']);
  });

  test('goes in the order of ids, page by page, each session once', async () => {
    const ids = Array.from({ length: 10 }, (_, at) => `s${(at * 7) % 10}`);
    for (const id of ids) await make(id);
    const seen: string[] = [];
    for (let more = true; more; ) {
      const page = list(caller(), { limit: 3 }, seen.at(-1));
      expect(page.ids.length).toBeLessThanOrEqual(3);
      seen.push(...page.ids);
      more = page.more;
    }
    expect(seen).toEqual(ids.toSorted());
  });

  test('says that there is no more where the last page is just full', async () => {
    for (const id of ['a', 'b']) await make(id);
    expect(list(caller(), { limit: 2 })).toEqual({ ids: ['a', 'b'], more: false });
    expect(list(caller(), { limit: 2 }, 'b')).toEqual({ ids: [], more: false });
  });

  test('ends a page at 96 KB', async () => {
    const userId = 'u'.repeat(256);
    const ids = Array.from({ length: 300 }, (_, at) => `s${String(at).padStart(60, '0')}`);
    for (const id of ids) await make(id, caller({ userId, connectionId: id }));
    const page = sessions.list(admin(), { limit: 1000 }, '');
    const bytes = Buffer.byteLength(JSON.stringify(page.sessions));
    expect(page.more).toBe(true);
    expect(bytes).toBeLessThanOrEqual(96 * 1024 + 2);
    expect(bytes).toBeGreaterThan(95 * 1024);
    const rest = list(admin(), { limit: 1000 }, page.sessions.at(-1)?.session_id);
    expect(page.sessions.length + rest.ids.length).toBe(300);
    expect(rest.more).toBe(false);
  });

  test('leaves out a session that has ended, even while its record is still being given back', async () => {
    const session = await make('a');
    await make('b');
    const { promise, resolve } = Promise.withResolvers<void>();
    world.writing = promise;
    const ending = session.stop(stop());
    await flush();
    expect(list(caller()).ids).toEqual(['b']);
    resolve();
    await ending;
    expect(list(caller()).ids).toEqual(['b']);
  });

  test('can be narrowed by type and user', async () => {
    await make('a');
    await make('b', caller({ userId: 'bob', connectionId: 'c2' }));
    expect(list(admin(), { type: 'echo' }).ids).toEqual(['a', 'b']);
    expect(list(admin(), { type: 'mcu' }).ids).toEqual([]);
    expect(list(admin(), { user_id: 'bob' }).ids).toEqual(['b']);
    expect(list(caller(), { user_id: 'bob' }).ids).toEqual([]);
    expect(list(admin(), { room_id: 'lobby' }).ids).toEqual([]);
  });

  test('can be narrowed to a room: who publishes there, and who listens', async () => {
    const node = new TestNode();
    for (const room_id of ['lobby', 'attic']) await node.room({ room_id });
    await node.publish('p');
    await node.publish('other', { room_id: 'attic' });
    await node.listen('l', 'p', {}, caller({ userId: 'bob', connectionId: 'c2' }));
    const { sessions: lines } = node.sessions.list(admin(), { limit: 100, room_id: 'lobby' }, '');
    expect(lines.map(({ session_id, type }) => [session_id, type])).toEqual([
      ['l', 'listen'],
      ['p', 'publish'],
    ]);
  });
});

describe('the end', () => {
  test('of a connection is told to each of its sessions, once, and to no other', async () => {
    const mine = [await make('a'), await make('b')];
    const other = await make('c', caller({ connectionId: 'c2' }));
    sessions.connectionGone('connection-1');
    sessions.connectionGone('connection-1');
    sessions.connectionGone('nobody');
    await flush();
    for (const session of mine) {
      expect(session.voice.status).toMatchObject({ owner: { status: 'gone' } });
      expect(session.voice.seq).toBe(3);
    }
    expect(other.voice.status).toEqual({});
  });

  test('of the node is the end of every session', async () => {
    await make('a');
    await make('b', caller({ tenant: 'globex', connectionId: 'c2' }));
    await sessions.stopAll(new PatchbayError('node_lost'));
    expect(sessions.count).toBe(0);
    expect(list(admin()).ids).toEqual([]);
    expect(list(admin({ tenant: 'globex' })).ids).toEqual([]);
    expect(onEnded.mock.calls.map(([why]) => why.reason)).toEqual(['node_lost', 'node_lost']);
    expect(world.clock.pending).toBe(0);
    expect(world.records.size).toBe(0);
  });
});
