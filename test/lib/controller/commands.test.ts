import { beforeEach, describe, expect, test, vi } from 'vitest';
import { P2pBackend } from '../../../lib/backends/p2p/backend.ts';
import { commandHandlers } from '../../../lib/controller/commands.ts';
import type { NodeCommand } from '../../../lib/controller/order.ts';
import { Owners } from '../../../lib/controller/owners.ts';
import { Sessions } from '../../../lib/controller/session/sessions.ts';
import { Subscriptions } from '../../../lib/controller/subscriptions.ts';
import type { Caller } from '../../../lib/domain/access.ts';
import { check } from '../../../lib/protocol/check.ts';
import { type CommandData, commandNames, commandRow } from '../../../lib/protocol/commands.ts';
import { PatchbayError, type Reason } from '../../../lib/protocol/errors.ts';
import { admin, caller } from '../../support/callers.ts';
import { flush } from '../../support/clock.ts';
import { reason, rejection } from '../../support/errors.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { testRooms } from '../../support/room-world.ts';
import { answer, offer, phoneOffer } from '../../support/sdp.ts';
import { create, FakeWorld, testRules } from '../../support/world.ts';

let world: FakeWorld;
let backend: FakeBackend;
let sessions: Sessions;
let subscriptions: Subscriptions;
let handlers: ReturnType<typeof commandHandlers>;
const accepted = vi.fn();
beforeEach(() => {
  world = new FakeWorld();
  backend = new FakeBackend();
  accepted.mockReset();
  const backends = [backend, new P2pBackend()];
  const rooms = testRooms(backends);
  sessions = new Sessions({
    nodeId: 'node-1',
    capacity: 200,
    backends,
    rooms,
    rules: testRules,
    owners: new Owners(async () => true),
    world,
    onEnded: () => {},
  });
  subscriptions = new Subscriptions();
  handlers = commandHandlers(sessions, rooms, subscriptions);
});

/** The data of a command as the node gets it: checked, with its defaults. */
const data = <C extends NodeCommand>(name: C, fields: Record<string, unknown> = {}) =>
  check(commandRow(name).data, fields, 'data') as CommandData<C>;
const order = <Data>(given: Data, who: Caller = caller()) => ({
  caller: who,
  data: given,
  requestId: 'request-1',
  placed: undefined,
  after: '',
  accepted,
});
const make = (sessionId: string, fields: Record<string, unknown> = {}, who = caller()) =>
  handlers['session/create']({
    ...order(create(fields), who),
    placed: { sessionId, attempt: 1 },
  });
const info = (sessionId: string) => handlers['session/get_info'](order({ session_id: sessionId }));
const candidate = (port: number) => `candidate:1 1 udp 2122194687 192.0.2.7 ${port} typ host`;
const tricklingOffer = { ...offer, trickle_ice: true };

describe('session/create', () => {
  test('answers at once with id, resume token and seq', async () => {
    backend.answers = 'later';
    expect(await make('s')).toEqual({ session_id: 's', resume_token: expect.any(String), seq: 1 });
  });

  test('answers with the answer where wait_reply is set', async () => {
    backend.answers = 'later';
    const reply = make('s', { wait_reply: true });
    await flush();
    backend.media.answers();
    expect(await reply).toMatchObject({ session_id: 's', answer, seq: 2 });
  });

  test('answers ok without it after 25 s, and the session lives on', async () => {
    backend.answers = 'later';
    const reply = make('s', { wait_reply: true });
    await world.clock.advance(25_000);
    const made = await reply;
    expect(made).toMatchObject({ session_id: 's' });
    expect(made.answer).toBeUndefined();
    backend.media.answers();
    await flush();
    expect(await handlers['session/get_info'](order({ session_id: 's' }))).toMatchObject({ state: 'ready' });
  });

  test('fails with the error of the engine where wait_reply is set', async () => {
    backend.answers = 'later';
    const failed = rejection(make('s', { wait_reply: true }));
    await flush();
    backend.media.fails(new PatchbayError('janus_error', 'Janus refused start'));
    expect(await failed).toMatchObject(reason('janus_error'));
  });

  test('is accepted once the session exists, long before the answer that wait_reply waits for', async () => {
    backend.answers = 'later';
    const { promise, resolve } = Promise.withResolvers<void>();
    world.claiming = promise;
    const reply = make('s', { wait_reply: true });
    await flush();
    expect(accepted).not.toHaveBeenCalled();
    resolve();
    await flush();
    expect(accepted).toHaveBeenCalledTimes(1);
    backend.media.answers();
    await reply;
  });

  test('that is refused was never accepted', async () => {
    await make('s');
    accepted.mockReset();
    expect(await rejection(make('s', { wait_reply: true }))).toMatchObject(reason('duplicated_session_id'));
    expect(accepted).not.toHaveBeenCalled();
  });

  test('of a p2p slave answers with its offer where wait_reply is set, even if that is complete only later', async () => {
    await make('m', { type: 'p2p', offer: tricklingOffer, no_offer_trickle_ice: true, trickle_ice_timeout: 1000 });
    await handlers['session/set_candidate'](order({ session_id: 'm', candidate: candidate(1) }));
    const reply = make('s', { type: 'p2p', offer: undefined, master_id: 'm', wait_reply: true });
    await world.clock.advance(1000);
    const made = await reply;
    expect(made.offer).toMatchObject({ trickle_ice: false, sdp: expect.stringContaining(candidate(1)) });
    expect(made).not.toHaveProperty('answer');
  });

  test('gives a token that counts until the next one, also where attach came while wait_reply waited', async () => {
    backend.answers = 'later';
    const reply = make('s', { wait_reply: true });
    await flush();
    const again = caller({ connectionId: 'c2' });
    const attached = await handlers['session/attach'](order({ session_id: 's' }, again));
    const token = attached.sessions[0]?.resume_token;
    backend.media.answers();
    const { resume_token } = await reply;
    const bob = caller({ userId: 'bob', connectionId: 'c3' });
    const attach = (given: string | undefined) =>
      handlers['session/attach'](order({ session_id: 's', resume_token: given }, bob));
    expect(await rejection(attach(resume_token))).toMatchObject(reason('unauthorized'));
    expect(await attach(token)).toMatchObject({ sessions: [{ session_id: 's' }] });
  });

  test('without its placement is internal_error', async () => {
    expect(await rejection(handlers['session/create'](order(create())))).toMatchObject(reason('internal_error'));
  });
});

describe('session/destroy', () => {
  test('by the owner is user_stop, with the reason that was given', async () => {
    await make('s');
    expect(await handlers['session/destroy'](order({ session_id: 's', reason: 'lunch' }))).toEqual({});
    expect(world.events().at(-1)).toMatchObject({ type: 'destroyed', body: { reason: 'user_stop', error: 'lunch' } });
  });

  test('by an admin is api_stop', async () => {
    await make('s');
    await handlers['session/destroy'](order({ session_id: 's' }, admin()));
    expect(world.events().at(-1)).toMatchObject({ body: { reason: 'api_stop', error: 'stopped by an administrator' } });
  });

  test('a second time is session_not_found', async () => {
    await make('s');
    await handlers['session/destroy'](order({ session_id: 's' }));
    expect(await rejection(handlers['session/destroy'](order({ session_id: 's' })))).toMatchObject(
      reason('session_not_found'),
    );
  });
});

describe('session/get_answer', () => {
  test('waits for the answer', async () => {
    backend.answers = 'later';
    await make('s');
    const waiting = handlers['session/get_answer'](order({ session_id: 's', timeout: 25 }));
    await flush();
    backend.media.answers();
    expect(await waiting).toEqual({ answer });
  });

  test('is a timeout when none came, and the session lives on', async () => {
    backend.answers = 'later';
    await make('s');
    const waiting = rejection(handlers['session/get_answer'](order({ session_id: 's', timeout: 2 })));
    await world.clock.advance(2000);
    expect(await waiting).toMatchObject({ ...reason('timeout'), message: 'no answer came in 2 s' });
    expect(await handlers['session/get_info'](order({ session_id: 's' }))).toMatchObject({ state: 'wait' });
  });

  test("is the session's end where that comes first", async () => {
    backend.answers = 'later';
    await make('s');
    const waiting = rejection(handlers['session/get_answer'](order({ session_id: 's', timeout: 25 })));
    await flush();
    backend.media.fails(new PatchbayError('janus_session_down'));
    expect(await waiting).toMatchObject(reason('janus_session_down'));
    expect(world.clock.pending).toBe(0);
  });
});

test('session/update_media answers what took effect', async () => {
  await make('s');
  await flush();
  expect(await handlers['session/update_media'](order({ session_id: 's', mute_audio: true }))).toEqual({
    applied: { mute_audio: true },
  });
  expect(backend.media.changes).toEqual([{ mute_audio: true }]);
});

test('session/get_list has a cursor only where there is more', async () => {
  await make('a');
  await make('b');
  const page = await handlers['session/get_list'](order({ limit: 1 }));
  expect(page).toMatchObject({ sessions: [{ session_id: 'a' }], cursor: 'a' });
  const last = await handlers['session/get_list']({ ...order({ limit: 1 }), after: 'a' });
  expect(last).toMatchObject({ sessions: [{ session_id: 'b' }] });
  expect('cursor' in last).toBe(false);
});

test('session/update_media in wait answers that nothing is applied yet', async () => {
  backend.answers = 'later';
  await make('s');
  expect(await handlers['session/update_media'](order({ session_id: 's', mute_audio: true }))).toEqual({ applied: {} });
});

describe('session/get_offer', () => {
  test('gives the offer of the session, at once where it has one', async () => {
    await make('s');
    expect(await handlers['session/get_offer'](order({ session_id: 's', timeout: 25 }))).toEqual({ offer });
  });

  test("waits for the master's offer to be complete, and for no longer than its timeout", async () => {
    await make('m', { type: 'p2p', offer: tricklingOffer, no_offer_trickle_ice: true });
    await make('s', { type: 'p2p', offer: undefined, master_id: 'm' });
    const late = rejection(handlers['session/get_offer'](order({ session_id: 's', timeout: 1 })));
    const waiting = handlers['session/get_offer'](order({ session_id: 's', timeout: 25 }));
    await handlers['session/set_candidate'](order({ session_id: 'm', candidate: candidate(1) }));
    await world.clock.advance(5000);
    expect(await late).toMatchObject({ ...reason('timeout'), message: 'no offer came in 1 s' });
    expect((await waiting).offer.sdp).toContain(candidate(1));
  });
});

describe('session/set_answer', () => {
  const setAnswer = (sessionId: string, given = answer) =>
    handlers['session/set_answer'](order({ session_id: sessionId, answer: given }));

  test('makes the session ready', async () => {
    await make('s', { type: 'p2p' });
    expect(await setAnswer('s')).toEqual({});
    expect(await info('s')).toMatchObject({ state: 'ready', answer });
  });

  test('that contradicts its sdp_type is invalid_value and changes nothing', async () => {
    await make('s', { type: 'p2p' });
    expect(await rejection(setAnswer('s', { ...answer, sdp_type: 'rtp' }))).toMatchObject(reason('invalid_value'));
    expect(await rejection(setAnswer('s', { ...answer, sdp: phoneOffer }))).toMatchObject(reason('invalid_value'));
    expect(await rejection(setAnswer('s', { ...answer, sdp: phoneOffer, sdp_type: 'rtp' }))).toMatchObject({
      ...reason('unauthorized'),
      message: expect.stringContaining('media:rtp'),
    });
    expect(await info('s')).toMatchObject({ state: 'wait' });
  });

  test('a second time is answer_already_set, on an engine that answers invalid_operation', async () => {
    await make('s', { type: 'p2p' });
    await setAnswer('s');
    expect(await rejection(setAnswer('s'))).toMatchObject(reason('answer_already_set'));
    backend.answers = 'later';
    await make('e');
    expect(await rejection(setAnswer('e'))).toMatchObject(reason('invalid_operation'));
  });
});

describe('session/set_candidate', () => {
  const set = (fields: Record<string, unknown>) =>
    handlers['session/set_candidate'](order(data('session/set_candidate', { session_id: 's', ...fields })));
  const told = () => world.of('s').filter(({ type }) => type.startsWith('candidate'));
  beforeEach(() => make('s', { type: 'p2p', offer: tricklingOffer }));

  test('takes one', async () => {
    const line = { sdpMid: 'first', sdpMLineIndex: 1, candidate: candidate(1) };
    expect(await set(line)).toEqual({});
    expect(told().map(({ type, body }) => [type, body])).toEqual([['candidate', line]]);
  });

  test('takes many, in their order', async () => {
    const candidates = [1, 2, 3].map((port) => ({ sdpMLineIndex: 0, candidate: candidate(port) }));
    await set({ candidates });
    expect(told().map(({ body }) => body)).toEqual(candidates);
  });

  test.each([{ candidate: '', sdpMid: '0' }, { candidates: [{ candidate: '' }] }])(
    'takes an empty one, as in %j, for the end',
    async (fields) => {
      await set(fields);
      expect(told()).toEqual([]);
      await world.clock.advance(1000);
      expect(told().map(({ type }) => type)).toEqual(['candidate_end']);
    },
  );

  test('takes real ones before the end that is among them', async () => {
    await set({ candidates: [{ candidate: '' }, { candidate: candidate(1) }] });
    await world.clock.advance(1000);
    expect(told().map(({ type }) => type)).toEqual(['candidate', 'candidate_end']);
  });
});

test('session/set_candidate_end is candidate_end, 1 s later', async () => {
  await make('s', { type: 'p2p', offer: tricklingOffer });
  expect(await handlers['session/set_candidate_end'](order({ session_id: 's' }))).toEqual({});
  await world.clock.advance(999);
  expect(world.typesOf('s')).toEqual(['created']);
  await world.clock.advance(1);
  expect(world.typesOf('s')).toEqual(['created', 'candidate_end']);
});

describe('what this release cannot do is refused with its reason', () => {
  beforeEach(async () => {
    await make('echo');
    await make('p2p', { type: 'p2p' });
  });
  const refused = (name: NodeCommand, fields: Record<string, unknown>) =>
    rejection(handlerOf(name)(order(data(name, fields))));

  test.each<[NodeCommand, Record<string, unknown>, Reason]>([
    ['session/get_proxy_offer', { session_id: 'echo' }, 'invalid_operation'],
    ['session/set_type', { session_id: 'echo', type: 'park' }, 'incompatible_session'],
    ['session/set_type', { session_id: 'p2p', type: 'mcu' }, 'incompatible_session'],
    ['session/recorder_action', { session_id: 'echo', action: 'stop' }, 'no_active_recorder'],
    ['session/recorder_action', { session_id: 'p2p', action: 'start' }, 'invalid_operation'],
    ['session/room_action', { session_id: 'echo', action: 'layout', layout: '2x2' }, 'no_active_room'],
    ['session/room_action', { session_id: 'echo', action: 'list' }, 'no_active_room'],
    ['session/player_action', { session_id: 'echo', action: 'start' }, 'no_active_player'],
    ['session/update_media', { session_id: 'p2p', mute_audio: true }, 'invalid_operation'],
  ])('%s %j: %s', async (name, fields, why) => {
    expect(await refused(name, fields)).toMatchObject(reason(why));
    expect(await info('echo')).toMatchObject({ state: 'ready', type: 'echo' });
  });

  test('but get_actions and list are answered', async () => {
    const actions = { session_id: 'echo', action: 'get_actions' } as const;
    expect(await handlers['session/recorder_action'](order(actions))).toEqual({
      actions: ['get_actions', 'list', 'start'],
    });
    expect(await handlers['session/room_action'](order(actions))).toEqual({ actions: ['get_actions'] });
    expect(await handlers['session/player_action'](order(actions))).toEqual({ actions: ['get_actions'] });
    expect(await handlers['session/recorder_action'](order({ session_id: 'echo', action: 'list' }))).toEqual({
      recordings: [],
    });
  });
});

test('session/send_info is an info event, its data an empty object where none was given', async () => {
  await make('s');
  await flush();
  expect(await handlers['session/send_info'](order({ session_id: 's', info: 'hold' }))).toEqual({});
  await handlers['session/send_info'](order({ session_id: 's', info: 'hold', data: { on: true } }, admin()));
  expect(world.events('connection-1').slice(-2)).toMatchObject([
    { type: 'info', body: { info: 'hold', data: {} } },
    { type: 'info', body: { info: 'hold', data: { on: true } } },
  ]);
});

describe('session/attach', () => {
  const again = caller({ connectionId: 'c2' });

  test('of one session replays what was missed and answers where it stands', async () => {
    await make('s');
    await flush();
    sessions.connectionGone('connection-1');
    await flush();
    expect(await handlers['session/attach'](order({ session_id: 's', since: 1 }, again))).toEqual({
      sessions: [{ session_id: 's', type: 'echo', state: 'ready', seq: 4, resume_token: expect.any(String) }],
    });
    expect(world.replayed.map(({ connectionId, event }) => [connectionId, event.seq])).toEqual([
      ['c2', 2],
      ['c2', 3],
    ]);
    expect(world.events('c2').map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  test('without a session takes all of mine, a page at a time, and nobody else’s', async () => {
    for (let at = 0; at < 101; at += 1) await make(`s${String(at).padStart(3, '0')}`);
    await make('bobs', {}, caller({ userId: 'bob', connectionId: 'c9' }));
    const first = await handlers['session/attach'](order({}, again));
    expect(first.sessions).toHaveLength(100);
    expect(first.cursor).toBe('s099');
    const rest = await handlers['session/attach']({ ...order({}, again), after: 's099' });
    expect(rest.sessions.map(({ session_id }) => session_id)).toEqual(['s100']);
    expect(rest).not.toHaveProperty('cursor');
    expect(sessions.subscribedBy('c2')).toHaveLength(101);
    expect(sessions.subscribedBy('connection-1')).toEqual([]);
    expect(sessions.subscribedBy('c9')).toHaveLength(1);
  });

  test('where I have none is an empty list', async () => {
    expect(await handlers['session/attach'](order({}))).toEqual({ sessions: [] });
  });

  test('leaves out one that ends meanwhile', async () => {
    await make('a');
    await make('b');
    const stopping = sessions.controlled(caller(), 'a').stop(new PatchbayError('user_stop'));
    const { sessions: taken } = await handlers['session/attach'](order({}, again));
    await stopping;
    expect(taken.map(({ session_id }) => session_id)).toEqual(['b']);
  });

  test('of a session that never was, or with a wrong token, is refused', async () => {
    await make('s');
    const bob = caller({ userId: 'bob' });
    const attach = (fields: CommandData<'session/attach'>, who = caller()) =>
      rejection(handlers['session/attach'](order(fields, who)));
    expect(await attach({ session_id: 'x' })).toMatchObject(reason('session_not_found'));
    expect(await attach({ session_id: 's', resume_token: 'guess' }, bob)).toMatchObject(reason('unauthorized'));
  });
});

describe('events', () => {
  const all = data('event/subscribe', { subclass: 'session' });
  const subscriptionsOf = async (who = caller()) =>
    (await handlers['event/get_subscriptions'](order({}, who))).subscriptions;
  const unsubscribe = (fields: Record<string, unknown>, who = caller()) =>
    handlers['event/unsubscribe'](order(data('event/unsubscribe', { subclass: 'session', ...fields }), who));

  test('that a connection subscribed to are listed beside those of its own sessions', async () => {
    await make('s');
    expect(await handlers['event/subscribe'](order(all))).toEqual({});
    const own = { class: 'media', subclass: 'session', type: '*', obj_id: 's' };
    expect(await subscriptionsOf()).toEqual([all, own]);
    expect(await subscriptionsOf(caller({ connectionId: 'c2' }))).toEqual([]);
  });

  test('are subscribed to under the identity of the connection', async () => {
    const root = admin();
    await handlers['event/subscribe'](order(all, root));
    await make('s');
    const [event] = world.of('s');
    expect(event && [...subscriptions.match(event, { tenant: 'acme', users: new Set(['ann']) })]).toEqual([root]);
  });

  test('are given up one subscription at a time', async () => {
    await handlers['event/subscribe'](order(all));
    const answers = data('event/subscribe', { subclass: 'session', type: 'answer' });
    await handlers['event/subscribe'](order(answers));
    expect(await unsubscribe({})).toEqual({});
    expect(await subscriptionsOf()).toEqual([answers]);
  });

  test("of one's own session can be given up by its id, and only of that one", async () => {
    await make('a');
    await make('b');
    await flush();
    const before = world.events().length;
    await unsubscribe({ obj_id: 'a' });
    for (const id of ['a', 'b']) await handlers['session/send_info'](order({ session_id: id, info: 'x' }));
    const heard = world.events().slice(before);
    expect(heard.map(({ obj_id }) => obj_id)).toEqual(['b']);
    expect((await subscriptionsOf()).map(({ obj_id }) => obj_id)).toEqual(['b']);
  });

  test("of another connection's session are not given up", async () => {
    await make('a');
    await unsubscribe({ obj_id: 'a' }, caller({ connectionId: 'c2' }));
    expect(await subscriptionsOf()).toHaveLength(1);
  });

  test("of one's own session stay where only a type, or everything that was asked for, is given up", async () => {
    await make('a');
    await unsubscribe({ obj_id: 'a', type: 'answer' });
    await unsubscribe({});
    expect(await subscriptionsOf()).toHaveLength(1);
  });
});

const ofSession = commandNames.filter(
  (name): name is NodeCommand => name !== 'node/get_list' && commandRow(name).ofSession === true,
);
const fieldsOf: Partial<Record<NodeCommand, Record<string, unknown>>> = {
  'session/set_answer': { answer },
  'session/set_candidate': { candidate: candidate(1) },
  'session/set_type': { type: 'park' },
  'session/update_media': { mute_audio: true },
  'session/player_action': { action: 'get_actions' },
  'session/send_info': { info: 'x' },
};
/** A handler whatever its command. */
const handlerOf = (name: NodeCommand) => handlers[name] as (given: ReturnType<typeof order>) => Promise<unknown>;

describe.each(ofSession)('%s', (name) => {
  const run = (who: Caller, sessionId?: string) =>
    handlerOf(name)(order(data(name, { ...fieldsOf[name], ...(sessionId && { session_id: sessionId }) }), who));

  test("answers session_not_found for another tenant's session, unauthorized for another user's", async () => {
    await make('s');
    expect(await rejection(run(admin({ tenant: 'globex' }), 's'))).toMatchObject(reason('session_not_found'));
    expect(await rejection(run(caller({ userId: 'bob' }), 's'))).toMatchObject(reason('unauthorized'));
    expect(await rejection(run(caller({ scopes: ['media:room'] }), 's'))).toMatchObject(reason('unauthorized'));
  });

  test('answers session_not_found once the session is over, even while it is given back', async () => {
    await make('s');
    const { promise, resolve } = Promise.withResolvers<void>();
    world.writing = promise;
    const stopping = handlers['session/destroy'](order({ session_id: 's' }));
    await flush();
    expect(await rejection(run(caller(), 's'))).toMatchObject(reason('session_not_found'));
    resolve();
    await stopping;
    expect(await rejection(run(caller(), 's'))).toMatchObject(reason('session_not_found'));
  });

  test('without session_id needs that the connection has just one session', async () => {
    expect(await rejection(run(caller()))).toMatchObject(reason('missing_field'));
    await make('a');
    await make('b');
    expect(await rejection(run(caller()))).toMatchObject(reason('missing_field'));
    await handlers['session/destroy'](order({ session_id: 'b' }));
    await run(caller()).catch((error: PatchbayError) => expect(error.reason).not.toBe('missing_field'));
  });
});
