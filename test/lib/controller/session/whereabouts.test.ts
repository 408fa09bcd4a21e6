import { beforeEach, expect, test } from 'vitest';
import { flush } from '../../../support/clock.ts';
import { TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});

test('what it becomes is told and kept in its record; the room that it leaves hears of it, as does the new one', async () => {
  const session = await node.park('a', { type: 'mcu', room_id: 'lobby' });
  const attic = await node.room({ class: 'mcu', room_id: 'attic' });
  attic.join(session, 'member', undefined);
  session.whereabouts.became({ type: 'mcu', seat: { room: attic, giveBack: () => {} } });
  await flush();
  expect([session.type, session.room]).toEqual(['mcu', attic]);
  expect(node.world.of('a').at(-1)).toMatchObject({
    type: 'type',
    body: { type: 'mcu', room_id: 'attic', room_type: 'video-mcu-stereo' },
  });
  expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'started_member', 'stopped_member', 'destroyed']);
  expect(node.roomWorld.typesOf('attic')).toEqual(['created', 'started_member']);

  session.whereabouts.became({ type: 'echo' });
  await flush();
  expect([session.type, session.room, node.world.records.get('acme/a')?.type]).toEqual(['echo', undefined, 'echo']);
  expect(node.roomWorld.typesOf('attic').at(-1)).toBe('stopped_member');
});

test('in the same room it stays: others hear nothing', async () => {
  const session = await node.park('a', { type: 'mcu', room_id: 'lobby' });
  if (!session.room) throw new Error('it is in no room');
  session.whereabouts.became({ type: 'mcu', seat: session.room.seat() });
  expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'started_member']);
});
