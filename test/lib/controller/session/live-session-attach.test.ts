import { beforeEach, describe, expect, test } from 'vitest';
import { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller } from '../../../support/callers.ts';
import { flush, type ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeBackend } from '../../../support/fake-backend.ts';
import { create, FakeWorld, sessionSpec } from '../../../support/world.ts';

let world: FakeWorld;
let clock: ManualClock;
let backend: FakeBackend;
beforeEach(() => {
  world = new FakeWorld();
  clock = world.clock;
  backend = new FakeBackend();
});
const userStop = () => new PatchbayError('user_stop');
async function started(fields: Record<string, unknown> = {}): Promise<LiveSession> {
  const session = new LiveSession(sessionSpec({ data: create(fields), backend }), world);
  await session.start();
  await flush();
  return session;
}

describe('attach', () => {
  const again = caller({ connectionId: 'connection-2', batch: true });
  const replayed = () => world.replayed.map(({ connectionId, event }) => [connectionId, event.seq]);

  test('gives what was missed since then, in order, and nothing twice', async () => {
    const session = await started();
    await session.sendInfo('one', {});
    session.connectionGone('connection-1');
    await session.sendInfo('two', {});
    expect(world.events('connection-1').map(({ seq }) => seq)).toEqual([1, 2, 3]);
    const taken = await session.attach(again, undefined, 3);
    expect(taken).toEqual({ token: expect.any(String), seq: 6, before: 'connection-1' });
    expect(replayed()).toEqual([
      ['connection-2', 4],
      ['connection-2', 5],
    ]);
    await session.sendInfo('three', {});
    expect(world.events('connection-2').map(({ seq, type, body }) => [seq, type, body.status ?? body.info])).toEqual([
      [4, 'status', 'gone'],
      [5, 'info', 'two'],
      [6, 'status', 'connected'],
      [7, 'info', 'three'],
    ]);
    expect(
      world.published.filter(({ connectionId }) => connectionId === 'connection-2').every(({ batch }) => batch),
    ).toBe(true);
  });

  test.each([undefined, 3, 99])('since %s, which missed nothing, replays nothing', async (since) => {
    const session = await started();
    await session.attach(again, undefined, since);
    expect(world.replayed).toEqual([]);
  });

  test('from a live connection is the last that this one hears of the session', async () => {
    const session = await started();
    await session.attach(again, undefined, 2);
    expect(world.events('connection-1').at(-1)).toMatchObject({
      seq: 3,
      type: 'status',
      body: { class: 'owner', status: 'taken' },
    });
    // It is an event of the session like any other: who counts them must not see a gap.
    expect(replayed()).toEqual([['connection-2', 3]]);
  });

  test('moves the session: the new connection hears of it and the old one no more', async () => {
    const session = await started();
    await session.attach(again, undefined, undefined);
    await session.sendInfo('here', {});
    expect(world.types('connection-1')).toEqual(['created', 'answer', 'status']);
    expect(world.types('connection-2')).toEqual(['info']);
    expect(world.records.get('acme/s')).toMatchObject({ connectionId: 'connection-2', userId: 'ann' });
  });

  test("keeps it alive: neither reconnect_timeout nor the old connection's late end counts", async () => {
    const session = await started({ reconnect_timeout: 30 });
    session.connectionGone('connection-1');
    await clock.advance(29_999);
    await session.attach(again, undefined, undefined);
    session.connectionGone('connection-1');
    await clock.advance(60_000);
    expect(session.state).toBe('ready');
    expect(session.voice.status).toMatchObject({ owner: { status: 'connected' } });
    session.connectionGone('connection-2');
    await clock.advance(30_000);
    expect(world.over).toEqual([{ sessionId: 's', reason: 'registered_down' }]);
    expect(clock.pending).toBe(0);
    expect(backend.media.closed).toBe(1);
  });

  test('gives a new token each time, and the one before is worth nothing', async () => {
    const session = await started();
    const first = session.ownership.newToken();
    const bob = caller({ userId: 'bob', connectionId: 'connection-3' });
    const { token } = await session.attach(bob, first, undefined);
    expect(session.ownership.userId).toBe('bob');
    expect(await rejection(session.attach(caller(), first, undefined))).toMatchObject(reason('unauthorized'));
    expect(session.ownership.connectionId).toBe('connection-3');
    await session.attach(caller(), token, undefined);
    expect(session.ownership.userId).toBe('ann');
    expect(world.records.get('acme/s')).toMatchObject({ userId: 'ann' });
  });

  test('by the connection that owns it already changes nothing but the token', async () => {
    const session = await started();
    await session.attach(caller(), undefined, 0);
    expect(replayed()).toEqual([
      ['connection-1', 1],
      ['connection-1', 2],
    ]);
    await session.sendInfo('once', {});
    expect(world.events('connection-1').filter(({ type }) => type === 'info')).toHaveLength(1);
  });

  test('subscribes, even to a session that was created without', async () => {
    const session = await started({ subscribe: false });
    await session.attach(again, undefined, 0);
    await session.sendInfo('hello', {});
    expect(world.types('connection-2')).toEqual(['created', 'answer', 'status', 'info']);
  });

  test('after the end is session_not_found', async () => {
    const session = await started();
    await session.stop(userStop());
    expect(await rejection(session.attach(again, undefined, undefined))).toMatchObject(reason('session_not_found'));
  });
});
