import { beforeEach, describe, expect, test, vi } from 'vitest';
import { roomCommands } from '../../../../lib/controller/room/commands.ts';
import type { Caller } from '../../../../lib/domain/access.ts';
import { check } from '../../../../lib/protocol/check.ts';
import { type Command, type CommandData, commandRow } from '../../../../lib/protocol/commands.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { mediaOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
let handlers: ReturnType<typeof roomCommands>;
const accepted = vi.fn();
beforeEach(() => {
  node = new TestNode();
  handlers = roomCommands(node.rooms);
  accepted.mockReset();
});

type RoomCommand = keyof ReturnType<typeof roomCommands>;
/** A command as the node gets it. */
function order<C extends Command>(command: C, fields: Record<string, unknown>, who: Caller = moderator(), after = '') {
  const data = check(commandRow(command).data, fields, 'data') as CommandData<C>;
  return { caller: who, data, requestId: 'request-1', placed: undefined, after, accepted };
}
const lobby = { room_id: 'lobby' };
const muteOf = (fields: Record<string, unknown>) => handlers['room/mute'](order('room/mute', { ...lobby, ...fields }));

test('create makes the room, and accepts the request once it is there', async () => {
  expect(await handlers['room/create'](order('room/create', { class: 'sfu', ...lobby }))).toEqual(lobby);
  expect(accepted).toHaveBeenCalledOnce();
  const again = handlers['room/create'](order('room/create', { class: 'sfu', ...lobby }));
  expect(await rejection(again)).toMatchObject(reason('room_already_exists'));
  expect(accepted).toHaveBeenCalledOnce();
});

test('destroy answers when the room and all sessions in it are over, and gives the reason to the room', async () => {
  await node.room();
  await node.publish('p');
  expect(await handlers['room/destroy'](order('room/destroy', { ...lobby, reason: 'late' }))).toEqual({});
  expect(node.over).toEqual({ p: 'room_destroyed' });
  expect([node.rooms.count, node.sessions.count]).toEqual([0, 0]);
  expect(node.roomWorld.of('lobby').at(-1)?.body).toMatchObject({ reason: 'room_destroyed', error: 'late' });
});

test('get_list gives a cursor where there is more, and none at the end', async () => {
  for (const room_id of ['a', 'b']) await node.room({ room_id });
  expect(await handlers['room/get_list'](order('room/get_list', { limit: 1 }))).toMatchObject({
    rooms: [{ room_id: 'a' }],
    cursor: 'a',
  });
  const rest = await handlers['room/get_list'](order('room/get_list', { limit: 1 }, moderator(), 'a'));
  expect(rest).toMatchObject({ rooms: [{ room_id: 'b' }] });
  expect(rest).not.toHaveProperty('cursor');
});

describe('kick', () => {
  test('ends the session with member_stop, whosever it is, and answers when it is over', async () => {
    await node.room();
    await node.publish('p', {}, caller({ userId: 'bob' }));
    expect(await handlers['room/kick'](order('room/kick', { ...lobby, session_id: 'p' }))).toEqual({});
    expect([node.over, node.sessions.count]).toEqual([{ p: 'member_stop' }, 0]);
  });

  test('of who is not in the room is member_not_found, though it is alive elsewhere', async () => {
    await node.room();
    await node.room({ room_id: 'attic' });
    const other = await node.publish('p', { room_id: 'attic' });
    const kicking = handlers['room/kick'](order('room/kick', { ...lobby, session_id: 'p' }));
    expect(await rejection(kicking)).toMatchObject(reason('member_not_found'));
    expect(other.state).toBe('ready');
  });
});

describe('mute', () => {
  beforeEach(async () => {
    await node.room();
    await node.publish('p');
  });

  test('mutes and unmutes what is named, and the room tells what is muted now', async () => {
    await muteOf({ session_id: 'p', audio: true, video: true });
    expect(await muteOf({ session_id: 'p', video: false })).toEqual({});
    expect(mediaOf(node.sessions.controlled(caller(), 'p')).changes).toEqual([
      { mute_audio: true, mute_video: true },
      { mute_video: false },
    ]);
    expect(node.roomWorld.of('lobby').slice(2)).toEqual([
      { type: 'status', body: { class: 'mute', session_id: 'p', audio: true, video: true } },
      { type: 'status', body: { class: 'mute', session_id: 'p', audio: true, video: false } },
    ]);
  });

  test('that the engine refuses is told as no status', async () => {
    mediaOf(node.sessions.controlled(caller(), 'p')).failure = new PatchbayError('janus_error');
    expect(await rejection(muteOf({ session_id: 'p', audio: true }))).toMatchObject(reason('janus_error'));
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'started_member']);
  });

  test('of a member whose room ends at the same moment tells nothing after the end', async () => {
    const muting = muteOf({ session_id: 'p', audio: true });
    const ending = handlers['room/destroy'](order('room/destroy', lobby));
    await Promise.allSettled([muting, ending]);
    await flush();
    expect(node.roomWorld.typesOf('lobby').at(-1)).toBe('destroyed');
  });
});

test('layout is invalid_operation: an sfu room has none', async () => {
  await node.room();
  const laying = handlers['room/layout'](order('room/layout', { ...lobby, layout: '2x2' }));
  expect(await rejection(laying)).toMatchObject(reason('invalid_operation'));
});

describe.each<[RoomCommand, Record<string, unknown>, 'uses' | 'moderates']>([
  ['room/destroy', {}, 'moderates'],
  ['room/get_info', {}, 'uses'],
  ['room/kick', { session_id: 'p' }, 'moderates'],
  ['room/mute', { session_id: 'p', audio: true }, 'moderates'],
  ['room/layout', { layout: '2x2' }, 'moderates'],
])('%s', (command, fields, how) => {
  /** A handler whatever its command. */
  const run = (who: Caller) =>
    (handlers[command] as (given: ReturnType<typeof order>) => Promise<unknown>)(
      order(command, { ...lobby, ...fields }, who),
    );

  test(`is for who ${how} the room, in its tenant`, async () => {
    await node.room();
    expect(await rejection(run(moderator({ tenant: 'globex' })))).toMatchObject(reason('room_not_found'));
    expect(await rejection(run(moderator({ rooms: ['attic'] })))).toMatchObject(reason('unauthorized'));
    expect(await rejection(run(caller({ scopes: [] })))).toMatchObject(reason('unauthorized'));
    if (how === 'moderates') expect(await rejection(run(caller()))).toMatchObject(reason('unauthorized'));
    else expect(await run(caller())).toMatchObject(lobby);
  });
});

describe('layout', () => {
  const arrange = (layout: string, who?: Caller) =>
    handlers['room/layout'](order('room/layout', { ...lobby, layout }, who));

  test('arranges the picture of an mcu room, now or before its first member comes, and tells so', async () => {
    const room = await node.room({ class: 'mcu' });
    expect(await arrange('2x2')).toEqual({});
    await node.park('m', { type: 'mcu', room_id: 'lobby' });
    expect(await arrange('1x1')).toEqual({});
    expect([node.freeswitch.room.layouts, room.layout]).toEqual([['2x2', '1x1'], '1x1']);
    expect(room.status).toEqual({ layout: { class: 'layout', layout: '1x1' } });
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'status', 'started_member', 'status']);
  });

  test('is refused by name, to whom is no moderator, and for an sfu room', async () => {
    await node.room({ class: 'mcu' });
    expect(await rejection(arrange('9x9'))).toMatchObject(reason('invalid_value'));
    await expect(async () => arrange('2x2', caller())).rejects.toMatchObject(reason('unauthorized'));
    await node.room({ room_id: 'sfu' });
    const wrong = handlers['room/layout'](order('room/layout', { room_id: 'sfu', layout: '2x2' }));
    expect(await rejection(wrong)).toMatchObject({
      ...reason('invalid_operation'),
      message: 'room sfu is of class sfu: it has no layout',
    });
  });

  test('of a room that is ending is room_not_found', async () => {
    const room = await node.room({ class: 'mcu' });
    const ending = room.stop(new PatchbayError('room_destroyed'));
    expect(await rejection(room.setLayout('2x2'))).toMatchObject(reason('room_not_found'));
    await ending;
  });
});
