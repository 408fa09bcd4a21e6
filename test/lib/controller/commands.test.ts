import { beforeEach, describe, expect, test } from 'vitest';
import { commandHandlers } from '../../../lib/controller/commands.ts';
import { Owners } from '../../../lib/controller/owners.ts';
import { Sessions } from '../../../lib/controller/sessions.ts';
import type { Caller } from '../../../lib/domain/access.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { admin, caller } from '../../support/callers.ts';
import { flush } from '../../support/clock.ts';
import { reason, rejection } from '../../support/errors.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { answer } from '../../support/sdp.ts';
import { create, FakeWorld } from '../../support/world.ts';

let world: FakeWorld;
let backend: FakeBackend;
let handlers: ReturnType<typeof commandHandlers>;
beforeEach(() => {
  world = new FakeWorld();
  backend = new FakeBackend();
  const owners = new Owners(async () => true);
  handlers = commandHandlers(new Sessions({ nodeId: 'node-1', backends: [backend], owners, world, onEnded: () => {} }));
});

const order = <Data>(data: Data, who: Caller = caller()) => ({ caller: who, data, placed: undefined, after: '' });
const make = (sessionId: string, fields: Record<string, unknown> = {}, who = caller()) =>
  handlers['session/create']({
    ...order(create(fields), who),
    placed: { sessionId, attempt: 1, backend: 'janus' },
  });

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

test.each(['session/destroy', 'session/get_info', 'session/get_answer', 'session/update_media'] as const)(
  "%s answers session_not_found for another tenant's session, unauthorized for another user's",
  async (name) => {
    await make('s');
    const data = { session_id: 's', timeout: 1 };
    expect(await rejection(handlers[name](order(data, admin({ tenant: 'globex' }))))).toMatchObject(
      reason('session_not_found'),
    );
    expect(await rejection(handlers[name](order(data, caller({ userId: 'bob' }))))).toMatchObject(
      reason('unauthorized'),
    );
  },
);
