import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import {
  type Gathered,
  type Part,
  type RecordingFacts,
  RecordingFiles,
} from '../../../../lib/recordings/recording-files.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { mediaOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const userStop = () => new PatchbayError('user_stop');
const recorderOf = (session: LiveSession) => mediaOf(session).recorder;
/** How often the engine was told to record what the session's client sends, and to stop. */
const tape = (session: LiveSession) => [recorderOf(session).started.length, recorderOf(session).stopped];
/** The states of a session's recordings, as events tell them, between everything else. */
const told = (sessionId: string) =>
  node.world.of(sessionId).map(({ type, body }) => (body.class === 'recording' ? body.state : type));

describe('a recording', () => {
  test('that create asks for begins when the session is ready', async () => {
    node.janus.answers = 'later';
    const session = await node.session('s', { type: 'echo', offer, record: true });
    expect(tape(session)).toEqual([0, 0]);
    mediaOf(session).answers();
    await expect.poll(() => told('s')).toEqual(['created', 'answer', 'started']);
    expect(tape(session)).toEqual([1, 0]);
  });

  test('that runs at the end is to be had before the end is told', async () => {
    const session = await node.session('s', { type: 'echo', offer, record: true });
    await node.clock.advance(1000);
    await session.stop(userStop());
    expect(told('s')).toEqual(['created', 'answer', 'started', 'processing', 'available', 'destroyed']);
    expect(tape(session)).toEqual([1, 1]);
  });

  test('that cannot begin is no reason to end the session', async () => {
    node.janus.answers = 'later';
    const session = await node.session('s', { type: 'echo', offer, record: true });
    recorderOf(session).failure = new Error('no disk');
    mediaOf(session).answers();
    await expect.poll(() => told('s')).toEqual(['created', 'answer', 'failed']);
    expect(session.state).toBe('ready');
  });

  test('is kept though the engine is lost in the middle of it', async () => {
    const session = await node.session('s', { type: 'echo', offer, record: true });
    mediaOf(session).sink.stopped(new PatchbayError('janus_session_down'));
    await expect.poll(() => node.over).toEqual({ s: 'janus_session_down' });
    expect(session.recordings.list).toMatchObject([{ state: 'available' }]);
  });

  test('of a session whose record is another node’s is closed, and told by nobody', async () => {
    const session = await node.session('s', { type: 'echo', offer, record: true });
    node.world.fenced = true;
    await session.attach({ ...session.spec.creator, connectionId: 'c2' }, undefined, undefined);
    await expect.poll(() => session.recordings.list).toMatchObject([{ state: 'available' }]);
    expect(told('s')).toEqual(['created', 'answer', 'started', 'status']);
  });
});

describe('a listener', () => {
  let first: LiveSession;
  let second: LiveSession;
  let listener: LiveSession;
  beforeEach(async () => {
    await node.room();
    first = await node.publish('p1');
    second = await node.publish('p2');
    listener = await node.listen('l', 'p1');
  });

  test('records the publisher that it hears', async () => {
    await listener.startRecording();
    expect([tape(first), tape(listener)]).toEqual([
      [1, 0],
      [0, 0],
    ]);
    await listener.stopRecording();
    expect(tape(first)).toEqual([1, 1]);
    expect(listener.recordings.list).toMatchObject([{ state: 'available', bytes: 1000 }]);
  });

  test('shares the tape with the publisher’s own recording: each its slice of time', async () => {
    await first.startRecording();
    await node.clock.advance(1000);
    await listener.startRecording();
    await node.clock.advance(500);
    await first.stopRecording();
    await node.clock.advance(250);
    await listener.stopRecording();
    await first.recordings.gathered();
    expect(tape(first)).toEqual([1, 1]);
    expect(first.recordings.list).toMatchObject([{ state: 'available', duration: 1.5 }]);
    expect(listener.recordings.list).toMatchObject([{ state: 'available', duration: 0.75 }]);
  });

  test('that turns to another publisher goes on recording there', async () => {
    await listener.startRecording();
    await node.clock.advance(1000);
    await listener.listenTo(second);
    expect([tape(first), tape(second)]).toEqual([
      [1, 1],
      [1, 0],
    ]);
    await node.clock.advance(500);
    expect(await listener.stopRecording()).toMatchObject({ duration: 1.5 });
    expect(listener.recordings.list).toMatchObject([{ state: 'available', bytes: 2000 }]);
  });

  test('that has nothing recorded turns to another publisher without a recording', async () => {
    await listener.listenTo(second);
    expect([tape(first), tape(second)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('has its recording closed with its publisher, before either end is told', async () => {
    await listener.startRecording();
    await node.clock.advance(1000);
    await first.stop(userStop());
    await expect.poll(() => node.over).toEqual({ p1: 'user_stop', l: 'publisher_stop' });
    expect(told('l').slice(-3)).toEqual(['processing', 'available', 'destroyed']);
    expect(listener.recordings.list).toMatchObject([{ duration: 1 }]);
    expect(tape(first)).toEqual([1, 1]);
  });

  test('ends its recording, and not that of another listener', async () => {
    const other = await node.listen('l2', 'p1');
    await listener.startRecording();
    await other.startRecording();
    await listener.stop(userStop());
    expect(tape(first)).toEqual([1, 0]);
    await other.stop(userStop());
    expect(tape(first)).toEqual([1, 1]);
    await listener.recordings.gathered();
    expect(listener.recordings.list).toMatchObject([{ state: 'available' }]);
  });

  test('whose record is another node’s leaves no recorder running', async () => {
    await listener.startRecording();
    node.world.fenced = true;
    await listener.attach({ ...listener.spec.creator, connectionId: 'c2' }, undefined, undefined);
    await expect.poll(() => tape(first)).toEqual([1, 1]);
    expect([listener.state, first.media.recorder?.users]).toEqual(['destroyed', 0]);
    expect(told('l').at(-1)).not.toBe('destroyed');
  });

  test('cannot record once its publisher has ended', async () => {
    const ending = first.stop(userStop());
    const recording = rejection(listener.startRecording());
    await ending;
    expect(await recording).toMatchObject(reason('recording_failed'));
    await flush();
    expect([node.over.l, tape(first)]).toEqual(['publisher_stop', [0, 0]]);
  });

  test('that is not ready records whom it hears when it is', async () => {
    const waiting = await node.session('w', { type: 'listen', publisher_id: 'p1', record: true });
    await waiting.listenTo(second);
    await waiting.setAnswer(answer);
    await expect.poll(() => tape(second)).toEqual([1, 0]);
    expect(tape(first)).toEqual([0, 0]);
  });
});

/** Files of which those of one session take their time. */
class SlowFiles extends RecordingFiles {
  override async close(facts: RecordingFacts, parts: readonly Part[]): Promise<Gathered> {
    if ('sessionId' in facts.of && facts.of.sessionId === 'l1') await setTimeout(30);
    return super.close(facts, parts);
  }
}

test('when the node stops every recording is complete, also of sessions that are over already', async () => {
  node = new TestNode({
    files: new SlowFiles(join(tmpdir(), 'patchbay-test-recordings', randomUUID()), 'http://files'),
  });
  await node.room();
  const publisher = await node.publish('p');
  const [first, second] = [await node.listen('l1', 'p'), await node.listen('l2', 'p')];
  for (const session of [first, second, publisher]) await session.startRecording();
  await first.stop(userStop());
  expect(first.recordings.list).toMatchObject([{ state: 'processing' }]);
  await node.sessions.stopAll(new PatchbayError('node_lost'));
  for (const { recordings } of [first, second, publisher])
    expect(recordings.list).toMatchObject([{ state: 'available' }]);
});

test('to record a second time is refused while the first one runs', async () => {
  const session = await node.session('s', { type: 'echo', offer, record: true });
  expect(await rejection(session.startRecording())).toMatchObject(reason('invalid_state'));
});
