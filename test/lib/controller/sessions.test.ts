import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Owners } from '../../../lib/controller/owners.ts';
import { Sessions } from '../../../lib/controller/sessions.ts';
import type { Caller } from '../../../lib/domain/access.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import type { BackendKind, GetListData } from '../../../lib/protocol/session.ts';
import { admin, caller } from '../../support/callers.ts';
import { flush } from '../../support/clock.ts';
import { reason, refusal, rejection } from '../../support/errors.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { chromiumOffer, phoneOffer } from '../../support/sdp.ts';
import { create, FakeWorld } from '../../support/world.ts';

let world: FakeWorld;
let janus: FakeBackend;
let sessions: Sessions;
let registered: boolean;
let backends: FakeBackend[];
const onEnded = vi.fn<(why: PatchbayError) => void>();
beforeEach(() => {
  world = new FakeWorld();
  janus = new FakeBackend();
  backends = [janus];
  registered = true;
  onEnded.mockReset();
  const owners = new Owners(async () => registered);
  sessions = new Sessions({ nodeId: 'node-1', backends, owners, world, onEnded });
});

async function make(sessionId: string, who: Caller = caller(), fields: Record<string, unknown> = {}) {
  const placed = { sessionId, attempt: 1, backend: 'janus' } as const;
  const made = await sessions.create(who, create(fields), placed);
  await flush();
  return made;
}
const refused = (who: Caller, fields: Record<string, unknown> = {}, backend: BackendKind = 'janus') =>
  rejection(sessions.create(who, create(fields), { sessionId: 'x', attempt: 1, backend }));
const list = (who: Caller, filter: Partial<GetListData> = {}, after = '') => {
  const page = sessions.list(who, { limit: 100, ...filter }, after);
  return { ids: page.sessions.map(({ session_id }) => session_id), more: page.more };
};
const stop = () => new PatchbayError('user_stop');

describe('create', () => {
  test('makes a session that is found, and a resume token of 256 bits that is kept as its hash only', async () => {
    const { session, resumeToken } = await make('a');
    expect(sessions.controlled(caller(), 'a')).toBe(session);
    expect(sessions.count).toBe(1);
    expect(Buffer.from(resumeToken, 'base64url')).toHaveLength(32);
    expect(session.spec.resumeTokenHash).not.toContain(resumeToken);
    expect((await make('b')).resumeToken).not.toBe(resumeToken);
  });

  test('of a live id is duplicated_session_id and leaves the first one alone', async () => {
    const { session } = await make('a');
    const error = await rejection(
      sessions.create(caller(), create(), { sessionId: 'a', attempt: 1, backend: 'janus' }),
    );
    expect(error).toMatchObject(reason('duplicated_session_id'));
    expect(sessions.controlled(caller(), 'a')).toBe(session);
    expect(session.state).toBe('ready');
  });

  test('of an id that is alive on another node is duplicated_session_id, and nothing is left', async () => {
    const { session } = await make('a');
    world.records.set('acme/b', {
      ...session.spec.owner,
      sessionId: 'b',
      nodeId: 'node-2',
      attempt: 1,
      type: 'echo',
      state: 'wait',
      createdAt: '',
    });
    expect(await rejection(make('b'))).toMatchObject(reason('duplicated_session_id'));
    expect(sessions.count).toBe(1);
    expect(refusal(() => sessions.controlled(caller(), 'b'))).toMatchObject(reason('session_not_found'));
    expect(sessions.controlled(caller(), undefined)).toBe(session);
  });

  test('of the same id in another tenant makes another session', async () => {
    const mine = await make('a');
    const theirs = await make('a', caller({ tenant: 'globex', connectionId: 'c2' }));
    expect(theirs.session).not.toBe(mine.session);
    await theirs.session.stop(stop());
    expect(sessions.controlled(caller(), 'a')).toBe(mine.session);
    expect(sessions.count).toBe(1);
  });

  test('needs the scope media:session, and media:rtp for plain RTP on either side', async () => {
    const rtp = { offer: { sdp: phoneOffer, sdp_type: 'rtp' } };
    expect(await refused(caller({ scopes: [] }))).toMatchObject(reason('unauthorized'));
    expect(await refused(caller(), rtp)).toMatchObject(reason('unauthorized'));
    expect(await refused(caller(), { type: 'proxy', sdp_type: 'rtp' })).toMatchObject(reason('unauthorized'));
    expect((await make('a', caller({ scopes: ['media:session', 'media:rtp'] }), rtp)).session.state).toBe('ready');
    expect((await make('b', admin(), rtp)).session.state).toBe('ready');
  });

  test('with an SDP that contradicts its sdp_type is invalid_value', async () => {
    expect(await refused(admin(), { offer: { sdp: phoneOffer } })).toMatchObject(reason('invalid_value'));
    expect(await refused(admin(), { offer: { sdp: chromiumOffer, sdp_type: 'rtp' } })).toMatchObject(
      reason('invalid_value'),
    );
    expect(sessions.count).toBe(0);
  });

  test('on an engine that is down or not here is no_mediaserver', async () => {
    expect(await refused(caller(), {}, 'freeswitch')).toMatchObject(reason('no_mediaserver'));
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

  test('names the engine’s session by an id of its own, not by the client’s', async () => {
    await make('clients-id');
    expect(janus.media.spec.mediaId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('for a connection that is gone already makes a session that waits for its owner, then stops', async () => {
    registered = false;
    const { session } = await make('a', caller(), { reconnect_timeout: 5 });
    expect(session.status).toMatchObject({ owner: { status: 'gone' } });
    await world.clock.advance(5000);
    expect(sessions.count).toBe(0);
    expect(onEnded.mock.calls[0]?.[0]).toMatchObject(reason('registered_down'));
  });
});

describe('a session is controlled', () => {
  test('by its owner and by an admin of its tenant', async () => {
    const { session } = await make('a');
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
    const { session } = await make('a');
    await session.stop(stop());
    expect(refusal(() => sessions.controlled(caller(), 'a'))).toMatchObject(reason('session_not_found'));
  });

  test('without its id where it is the only one of the connection', async () => {
    const { session } = await make('a');
    await make('b', caller({ connectionId: 'other' }));
    expect(sessions.controlled(caller(), undefined)).toBe(session);
  });

  test('only with its id where the connection has none or several: missing_field', async () => {
    expect(refusal(() => sessions.controlled(caller(), undefined)).message).toContain('has no session');
    await make('a');
    const { session } = await make('b');
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
    const { session } = await make('a');
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
});

describe('the end', () => {
  test('of a connection is told to each of its sessions, once, and to no other', async () => {
    const mine = [await make('a'), await make('b')];
    const other = await make('c', caller({ connectionId: 'c2' }));
    sessions.connectionGone('connection-1');
    sessions.connectionGone('connection-1');
    sessions.connectionGone('nobody');
    for (const { session } of mine) {
      expect(session.status).toMatchObject({ owner: { status: 'gone' } });
      expect(session.seq).toBe(3);
    }
    expect(other.session.status).toEqual({});
  });

  test('of the node is the end of every session', async () => {
    await make('a');
    await make('b', caller({ tenant: 'globex', connectionId: 'c2' }));
    await sessions.stopAll(new PatchbayError('node_lost'));
    expect([...sessions.all()]).toEqual([]);
    expect(onEnded.mock.calls.map(([why]) => why.reason)).toEqual(['node_lost', 'node_lost']);
    expect(world.clock.pending).toBe(0);
    expect(world.records.size).toBe(0);
  });
});
