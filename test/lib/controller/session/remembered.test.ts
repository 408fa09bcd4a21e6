import { beforeEach, expect, test } from 'vitest';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { flush } from '../../../support/clock.ts';
import { NoFiles } from '../../../support/model.ts';
import { answer } from '../../../support/sdp.ts';
import { channelOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode({ files: new NoFiles() });
});

test('what was asked for in wait takes effect once it is ready: media, recording, and then its type', async () => {
  const session = await node.ring('a');
  expect(await session.updateMedia({ mute_audio: true })).toEqual({});
  const { recording_id } = await session.startRecording();
  await node.setType('a', { type: 'echo' });
  const channel = channelOf(session);
  expect([channel.changes, channel.recorder.started, channel.moves]).toEqual([[], [], []]);
  await session.setAnswer(answer);
  await flush();
  expect([channel.changes, channel.recorder.started.length, channel.moves]).toEqual([
    [{ mute_audio: true }],
    1,
    [{ type: 'echo' }],
  ]);
  expect(
    node.world
      .of('a')
      .map(({ type, body }) => [type, body.class ?? body.type])
      .slice(-2),
  ).toEqual([
    ['status', 'recording'],
    ['type', 'echo'],
  ]);
  expect(session.recordings.list).toMatchObject([{ recording_id, state: 'started' }]);
});

test('one thing that is refused then keeps nothing else from taking effect', async () => {
  const session = await node.ring('a');
  const channel = channelOf(session);
  await session.updateMedia({ mute_audio: true });
  await session.startRecording();
  await node.setType('a', { type: 'echo' });
  channel.failure = new PatchbayError('fs_error');
  await session.setAnswer(answer);
  await flush();
  expect([session.state, session.type, channel.recorder.started.length]).toEqual(['ready', 'echo', 1]);
  expect(session.media.state.mute_audio).toBe(false);
});

test('a command that comes in between finds it done, and it is done once', async () => {
  const session = await node.ring('a');
  await session.updateMedia({ mute_audio: true });
  const ready = session.setAnswer(answer);
  const then = session.updateMedia({ mute_audio: false });
  await Promise.all([ready, then]);
  await flush();
  expect(channelOf(session).changes).toEqual([{ mute_audio: true }, { mute_audio: false }]);
});
