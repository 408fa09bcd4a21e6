import { beforeEach, describe, expect, test } from 'vitest';
import { roomAction } from '../../../../lib/controller/room/action.ts';
import { check } from '../../../../lib/protocol/check.ts';
import { roomActionData } from '../../../../lib/protocol/session.ts';
import { admin, caller, moderator } from '../../../support/callers.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { offer } from '../../../support/sdp.ts';
import { channelOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(async () => {
  node = new TestNode();
  await node.room();
  await node.publish('p');
  await node.listen('l', 'p', {}, caller({ userId: 'bob', connectionId: 'c2' }));
});

const act = (fields: Record<string, unknown>, who = moderator()) =>
  roomAction(who, check(roomActionData, fields, 'data'), node.sessions, node.rooms);
const refused = (fields: Record<string, unknown>, who = moderator()) => rejection(act(fields, who));

test('get_actions is what can be done with the room of the session, or without one nothing', async () => {
  expect(await act({ session_id: 'p' })).toEqual({ actions: ['get_actions', 'kick', 'list', 'mute', 'unmute'] });
  await node.session('e', { type: 'echo', offer });
  expect(await act({ session_id: 'e' })).toEqual({ actions: ['get_actions'] });
});

test('list is who is in the room, for who is in it or may use it', async () => {
  const members = [
    { session_id: 'p', role: 'publisher', user_id: 'ann' },
    { session_id: 'l', role: 'listener', user_id: 'bob', peer_id: 'p' },
  ];
  expect(await act({ session_id: 'p', action: 'list' }, caller())).toEqual({ members });
  expect(await act({ room_id: 'lobby', action: 'list' }, caller({ userId: 'eve' }))).toEqual({ members });
});

describe('kick and mute', () => {
  test('act on the member that is named, be it by way of a session or of the room alone', async () => {
    expect(await act({ session_id: 'p', action: 'mute', member_id: 'l' })).toEqual({});
    expect(node.sessions.controlled(moderator({ userId: 'bob' }), 'l').media.state.mute_audio).toBe(true);
    expect(await act({ room_id: 'lobby', action: 'unmute', member_id: 'l' })).toEqual({});
    expect(node.sessions.controlled(moderator({ userId: 'bob' }), 'l').media.state.mute_audio).toBe(false);
    expect(await act({ room_id: 'lobby', action: 'kick', member_id: 'l' })).toEqual({});
    expect(node.over).toEqual({ l: 'member_stop' });
  });

  test('act on the session itself where no member is named', async () => {
    await act({ session_id: 'p', action: 'kick' });
    expect(node.over).toMatchObject({ p: 'member_stop' });
  });

  test('need the scope media:room, as the room has it', async () => {
    for (const action of ['kick', 'mute', 'unmute']) {
      expect(await refused({ session_id: 'p', action }, caller())).toMatchObject(reason('unauthorized'));
    }
    expect(node.over).toEqual({});
  });

  test('of nobody in the room are member_not_found, without anybody missing_field', async () => {
    expect(await refused({ session_id: 'p', action: 'kick', member_id: 'x' })).toMatchObject(
      reason('member_not_found'),
    );
    expect(await refused({ room_id: 'lobby', action: 'kick' })).toMatchObject({
      ...reason('missing_field'),
      message: 'data.member_id is missing',
    });
  });
});

test.each(['layout', 'record_start', 'record_stop'])(
  '%s is invalid_operation: an sfu room has no mix',
  async (action) => {
    for (const fields of [{}, { layout: '2x2' }]) {
      expect(await refused({ session_id: 'p', action, ...fields })).toMatchObject({
        ...reason('invalid_operation'),
        message: `room lobby is of class sfu: it has no ${action}`,
      });
    }
  },
);

test('a session in no room has none to act on: no_active_room', async () => {
  await node.session('e', { type: 'echo', offer });
  for (const action of ['list', 'kick', 'layout']) {
    expect(await refused({ session_id: 'e', action })).toMatchObject(reason('no_active_room'));
  }
});

test('a room that is not the one of the session is invalid_parameters', async () => {
  expect(await refused({ session_id: 'p', room_id: 'attic', action: 'list' })).toMatchObject(
    reason('invalid_parameters'),
  );
  expect(await act({ session_id: 'p', room_id: 'lobby', action: 'list' })).toHaveProperty('members');
});

test('another user’s session is no way into the room, nor is a room outside of the claim', async () => {
  expect(await refused({ session_id: 'p', action: 'list' }, caller({ userId: 'bob' }))).toMatchObject(
    reason('unauthorized'),
  );
  expect(await refused({ room_id: 'lobby', action: 'list' }, caller({ rooms: ['attic'] }))).toMatchObject(
    reason('unauthorized'),
  );
});

describe('in an mcu room', () => {
  beforeEach(() => node.park('m', { type: 'mcu', room_id: 'mix' }));

  test('get_actions names the layout and the recorder as well', async () => {
    expect(await act({ session_id: 'm' })).toEqual({
      actions: ['get_actions', 'kick', 'layout', 'list', 'mute', 'record_start', 'record_stop', 'unmute'],
    });
  });

  test('layout is given to the engine, by way of a session or of the room alone, and kept', async () => {
    expect(await act({ session_id: 'm', action: 'layout', layout: '2x2' })).toEqual({});
    expect(await act({ room_id: 'mix', action: 'layout', layout: '1x1' })).toEqual({});
    expect([node.freeswitch.room.layouts, node.rooms.find(caller(), 'mix').layout]).toEqual([['2x2', '1x1'], '1x1']);
  });

  test('a layout that nobody knows is invalid_value, naming the known ones; none is missing_field', async () => {
    expect(await refused({ session_id: 'm', action: 'layout', layout: '9x9' })).toMatchObject({
      ...reason('invalid_value'),
      message: 'layout must be one of 1x1, 2x2, group:grid',
    });
    expect(await refused({ session_id: 'm', action: 'layout' })).toMatchObject(reason('missing_field'));
    expect(node.rooms.find(caller(), 'mix').layout).toBeUndefined();
  });

  test('recording it needs an administrator, layout and mute the scope media:room', async () => {
    for (const action of ['record_start', 'record_stop']) {
      expect(await refused({ room_id: 'mix', action })).toMatchObject(reason('unauthorized'));
    }
    expect(await refused({ session_id: 'm', action: 'layout', layout: '2x2' }, caller())).toMatchObject(
      reason('unauthorized'),
    );
  });

  test('recording it starts and stops the recorder of the mix, each once', async () => {
    const started = await act({ room_id: 'mix', action: 'record_start' }, admin());
    expect(started).toEqual({ recording_id: expect.any(String), uri: expect.stringContaining('recording.json') });
    expect(await refused({ room_id: 'mix', action: 'record_start' }, admin())).toMatchObject(reason('invalid_state'));
    await node.clock.advance(2000);
    expect(await act({ room_id: 'mix', action: 'record_stop' }, admin())).toEqual({ ...started, duration: 2 });
    expect(await refused({ room_id: 'mix', action: 'record_stop' }, admin())).toMatchObject(
      reason('no_active_recorder'),
    );
    const { recorder } = node.freeswitch.room;
    expect([recorder.started.length, recorder.stopped]).toEqual([1, 1]);
  });

  test('kick and mute act on its members as in any room', async () => {
    await act({ session_id: 'm', action: 'mute' });
    expect(channelOf(node.sessions.controlled(caller(), 'm')).changes).toEqual([{ mute_audio: true }]);
    expect(await act({ room_id: 'mix', action: 'list' })).toEqual({
      members: [{ session_id: 'm', role: 'member', user_id: 'ann', mute_audio: true }],
    });
    await act({ room_id: 'mix', action: 'kick', member_id: 'm' });
    expect(node.over).toEqual({ m: 'member_stop' });
  });
});
