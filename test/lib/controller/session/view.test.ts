import { beforeEach, describe, expect, test } from 'vitest';
import { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import {
  createdBody,
  sessionInfo,
  sessionRecord,
  sessionSummary,
  typeFields,
} from '../../../../lib/controller/session/view.ts';
import { check } from '../../../../lib/protocol/check.ts';
import { sessionInfo as infoSchema } from '../../../../lib/protocol/session.ts';
import { caller } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { FakeBackend } from '../../../support/fake-backend.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { TestNode } from '../../../support/test-node.ts';
import { create, FakeWorld, sessionSpec } from '../../../support/world.ts';

async function live(fields: Record<string, unknown> = {}): Promise<LiveSession> {
  const session = new LiveSession(
    sessionSpec({ attempt: 3, data: create(fields), backend: new FakeBackend() }),
    new FakeWorld(),
  );
  session.ownership.newToken();
  await session.start();
  await flush();
  return session;
}
const time = '2030-01-01T00:00:00.000Z';

test('the record says where the session is and whose', async () => {
  expect(sessionRecord(await live())).toEqual({
    tenant: 'acme',
    sessionId: 's',
    nodeId: 'node-1',
    attempt: 3,
    requestId: 'request-1',
    userId: 'ann',
    connectionId: 'connection-1',
    type: 'echo',
    state: 'ready',
    createdAt: time,
  });
});

test('the line of a list has id, type, state, user, backend and time', async () => {
  expect(sessionSummary(await live())).toEqual({
    session_id: 's',
    type: 'echo',
    state: 'ready',
    user_id: 'ann',
    backend: 'janus',
    created_at: time,
  });
});

test('get_info tells all, as its schema has it', async () => {
  const info = sessionInfo(await live());
  expect(check(infoSchema, info, 'info')).toEqual(info);
  expect(info).toMatchObject({ state: 'ready', offer, answer, ready_at: time, created_at: time, recordings: [] });
  expect(JSON.stringify(info)).not.toMatch(/hash|token|connection-1|request-1/);
});

test('get_info leaves out an SDP that does not fit into a reply, and names it', async () => {
  const long = `${offer.sdp}a=x-long:${'漢'.repeat(90_000)}\r\n`;
  const info = sessionInfo(await live({ offer: { ...offer, sdp: long } }));
  expect(info).toMatchObject({ omitted: ['offer'], answer });
  expect('offer' in info).toBe(false);
  expect(Buffer.byteLength(JSON.stringify(info))).toBeLessThan(128 * 1024);
});

test('the two of a pair name each other; the body of created does, too', async () => {
  const world = new FakeWorld();
  const pair = (sessionId: string, master?: LiveSession) =>
    new LiveSession(
      sessionSpec({ sessionId, master, data: create({ type: 'p2p', offer: master ? undefined : offer }) }),
      world,
    );
  const master = pair('m');
  await master.start();
  const slave = pair('s', master);
  master.pair.join(slave);
  await slave.start();
  await flush();
  expect(sessionInfo(master)).toMatchObject({ slave_id: 's', peer_id: 's', backend_role: 'offeree' });
  expect(sessionInfo(master)).not.toHaveProperty('master_id');
  expect(createdBody(slave)).toMatchObject({ master_id: 'm', peer_id: 'm', backend_role: 'offerer' });
  expect(createdBody(slave)).not.toHaveProperty('slave_id');
  expect(createdBody(slave)).not.toHaveProperty('offer');
  expect(sessionInfo(slave)).toMatchObject({ offer });
});

describe('in a room', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = new TestNode();
    await node.room();
    await node.publish('p');
  });

  test('a publisher names the room, a listener also whom it hears, apart and as type_ext', async () => {
    const listener = await node.listen('l', 'p');
    const publisher = node.sessions.controlled(caller(), 'p');
    expect(typeFields(publisher)).toEqual({ room_id: 'lobby' });
    expect(typeFields(listener)).toEqual({ room_id: 'lobby', publisher_id: 'p' });
    for (const session of [publisher, listener]) {
      const info = sessionInfo(session);
      expect(check(infoSchema, info, 'info')).toEqual(info);
      expect(info).toMatchObject({ ...typeFields(session), type_ext: typeFields(session) });
    }
  });

  test('what a moderator muted is muted, and recordings are listed', async () => {
    const publisher = node.sessions.controlled(caller(), 'p');
    await publisher.moderate({ audio: true }, node.rooms.find(caller(), 'lobby'));
    const { recording_id } = await publisher.startRecording();
    const info = sessionInfo(publisher);
    expect(check(infoSchema, info, 'info')).toEqual(info);
    expect(info).toMatchObject({ mute_audio: true, recordings: [{ recording_id, state: 'started' }] });
  });
});

describe('of FreeSWITCH', () => {
  let node: TestNode;
  beforeEach(() => {
    node = new TestNode();
  });
  const createdOf = (sessionId: string) => node.world.of(sessionId)[0]?.body;

  test('a member names its room and of what type that is, from the beginning', async () => {
    const member = await node.park('m', { type: 'mcu', room_id: 'lobby' });
    const fields = { room_id: 'lobby', room_type: 'video-mcu-stereo' };
    expect(typeFields(member)).toEqual(fields);
    const info = sessionInfo(member);
    expect(check(infoSchema, info, 'info')).toEqual(info);
    expect(info).toMatchObject({ ...fields, type_ext: fields, backend: 'freeswitch' });
    expect(createdOf('m')).toMatchObject({ ...fields, type_ext: fields });
  });

  test('one that was made for a peer names it from the beginning, and its master while they are bridged', async () => {
    const master = await node.ring('a');
    const slave = await node.park('b', { type: 'bridge', master_id: 'a', stop_after_peer: false });
    expect(createdOf('b')).toMatchObject({ peer_id: 'a', master_id: 'a', type_ext: { peer_id: 'a' } });
    expect(sessionInfo(master)).not.toHaveProperty('peer_id');
    await master.setAnswer(answer);
    await flush();
    expect(sessionInfo(master)).toMatchObject({ type: 'bridge', peer_id: 'b', slave_id: 'b' });
    expect(sessionInfo(slave)).toMatchObject({ type: 'bridge', peer_id: 'a', master_id: 'a' });
    await node.setType('a', { type: 'echo' });
    for (const session of [master, slave]) {
      expect(Object.keys(sessionInfo(session)).filter((field) => /^(peer|master|slave)_id$/.test(field))).toEqual([]);
    }
    expect(sessionSummary(slave)).toMatchObject({ type: 'park', backend: 'freeswitch' });
  });

  test('the room of a list is the one that a session is in now', async () => {
    const idsIn = (room_id: string) =>
      node.sessions.list(caller(), { limit: 10, room_id }, '').sessions.map(({ session_id }) => session_id);
    await node.park('m', { type: 'mcu', room_id: 'lobby' });
    await node.park('n', { type: 'mcu', room_id: 'lobby' });
    await node.setType('m', { type: 'mcu', room_id: 'attic' });
    expect([idsIn('lobby'), idsIn('attic')]).toEqual([['n'], ['m']]);
  });
});
