import { describe, expect, test } from 'vitest';
import type { RouteHandler } from '../../lib/command/command.ts';
import type { WebSocketEvent } from '../../lib/command/websocket-event.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import type { RoomRecord } from '../../lib/store/rooms.ts';
import { identity, type Surroundings } from './functions.ts';

/** What a node writes when it makes a room. */
export const roomRecord = (roomId: string, nodeId: string, change: Partial<RoomRecord> = {}): RoomRecord => ({
  tenant: 'acme',
  roomId,
  nodeId,
  requestId: 'request-1',
  userId: 'ann',
  class: 'sfu',
  backend: 'janus',
  createdAt: '',
  ...change,
});

/** Who may make, end and moderate rooms. */
export const moderator = { ...identity, scope: 'media:session media:room' };

/**
 * What every command that goes to its room's node has in common. `data` is all that the command needs besides `room_id`.
 */
export function goesToTheRoomsNode(
  world: Surroundings,
  handler: RouteHandler,
  cmd: string,
  data: Record<string, unknown> = {},
): void {
  const room_id = '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@n1';
  const ask = (more: Record<string, unknown> = {}, change: Partial<WebSocketEvent['requestContext']> = {}) =>
    world.send(
      handler,
      { class: 'media', subclass: 'room', cmd, data: { room_id, ...data, ...more }, tid: 1 },
      { authorizer: moderator, ...change },
    );

  describe('goes to the node of its room', () => {
    test('which is in the id, with the data and who asks', async () => {
      const node = await world.startNode('n1');
      expect(await ask()).toEqual({ result: 'ok', tid: 1 });
      expect(node.requests).toMatchObject([
        {
          path: `/v1/room/${cmd}`,
          body: { data: { room_id, ...data }, caller: { tenant: 'acme', scopes: ['media:session', 'media:room'] } },
        },
      ]);
    });

    test("which is in the record of a client's id", async () => {
      const [other, node] = [await world.startNode('n1'), await world.startNode('n2')];
      const mine = `lobby-${cmd}`;
      await world.rooms.claim(roomRecord(mine, 'n2'), 9e9);
      expect(await ask({ room_id: mine })).toEqual({ result: 'ok', tid: 1 });
      expect([other.requests.length, node.requests.length]).toEqual([0, 1]);
    });

    test("and is room_not_found for one that is nowhere, or another tenant's", async () => {
      const node = await world.startNode('n1');
      const theirs = `theirs-${cmd}`;
      await world.rooms.claim(roomRecord(theirs, 'n1', { tenant: 'globex' }), 9e9);
      for (const id of ['nowhere', theirs, '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@gone']) {
        expect(await ask({ room_id: id })).toEqual({
          result: 'error',
          data: { code: 304001, reason: 'room_not_found', error: `no room ${id}` },
          tid: 1,
        });
      }
      expect(node.requests).toEqual([]);
    });

    test('but not outside of the rooms that the token names, whether there is such a room or not', async () => {
      const node = await world.startNode('n1');
      const claimed = { authorizer: { ...moderator, scope: 'media:admin', rooms: 'nowhere-else attic' } };
      for (const id of [room_id, 'nowhere']) {
        expect(await ask({ room_id: id }, claimed)).toMatchObject({
          data: { reason: 'unauthorized', error: `this token may not use room ${id}` },
        });
      }
      expect(node.requests).toEqual([]);
      const own = { authorizer: { ...moderator, rooms: `attic ${room_id}` } };
      expect(await ask({}, own)).toMatchObject({ result: 'ok' });
    });

    test('and passes on what that refuses', async () => {
      const node = await world.startNode('n1');
      node.answers(() => {
        throw new PatchbayError('unauthorized', 'this needs the scope media:room');
      });
      expect(await ask()).toEqual({
        result: 'error',
        data: { code: 100030, reason: 'unauthorized', error: 'this needs the scope media:room' },
        tid: 1,
      });
    });

    test('and is a timeout with retry_after while that does not answer', async () => {
      const node = await world.startNode('n1');
      await node.stop();
      expect(await ask()).toMatchObject({ data: { reason: 'timeout', retry_after: 1 } });
    });

    test('but not without a room, or with an unknown field', async () => {
      const node = await world.startNode('n1');
      expect(await ask({ room_id: undefined })).toMatchObject({
        data: { reason: 'missing_field', error: 'data.room_id is missing' },
      });
      expect(await ask({ rom_id: 'x' })).toMatchObject({
        data: { reason: 'syntax_error', error: 'unknown field data.rom_id, did you mean room_id' },
      });
      expect(node.requests).toEqual([]);
    });
  });
}
