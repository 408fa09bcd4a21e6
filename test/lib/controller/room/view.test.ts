import { beforeEach, describe, expect, test } from 'vitest';
import { roomBody, roomInfo, roomRecord, roomSummary } from '../../../../lib/controller/room/view.ts';
import { check } from '../../../../lib/protocol/check.ts';
import { roomInfo as infoSchema } from '../../../../lib/protocol/room.ts';
import { moderator } from '../../../support/callers.ts';
import { TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const time = '2030-01-01T00:00:00.000Z';

test('the record says where the room is, whose, and which request made it', async () => {
  expect(roomRecord(await node.room())).toEqual({
    tenant: 'acme',
    roomId: 'lobby',
    nodeId: 'node-1',
    requestId: 'request of the room',
    userId: 'ann',
    class: 'sfu',
    backend: 'janus',
    createdAt: time,
  });
});

test('the line of a list has id, class, backend, how many are in it, and time', async () => {
  const room = await node.room();
  await node.publish('p');
  expect(roomSummary(room)).toEqual({
    room_id: 'lobby',
    class: 'sfu',
    backend: 'janus',
    members: 1,
    created_at: time,
  });
});

describe('get_info', () => {
  test('tells all, as its schema has it, and created all but the members', async () => {
    const room = await node.room({ bitrate: 64 });
    await node.publish('p');
    const info = roomInfo(room);
    expect(check(infoSchema, info, 'info')).toEqual(info);
    const { members, ...rest } = info;
    expect(members).toEqual([{ session_id: 'p', role: 'publisher', user_id: 'ann' }]);
    expect(rest).toEqual(roomBody(room));
    expect(rest).toMatchObject({ bitrate: 64, timeout: 300, max_publishers: 50, created_at: time });
  });

  test('counts the members that do not fit into a reply', async () => {
    const room = await node.room({ max_publishers: 1000 });
    const userId = 'u'.repeat(256);
    const ids = Array.from({ length: 400 }, (_, at) => `p${at}`);
    const crowd = new TestNode({ capacity: 400 });
    const full = await crowd.room({ max_publishers: 1000 });
    for (const id of ids) await crowd.publish(id, {}, moderator({ userId, connectionId: id }));
    const info = roomInfo(full);
    expect(info.members.length + Number(info.omitted)).toBe(400);
    expect(info.omitted).toBeGreaterThan(0);
    expect(Buffer.byteLength(JSON.stringify(info))).toBeLessThan(100 * 1024);
    expect(roomInfo(room)).not.toHaveProperty('omitted');
  });
});
