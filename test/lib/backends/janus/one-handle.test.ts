import echotest from 'janode/plugins/echotest';
import { beforeEach, describe, expect, test } from 'vitest';
import { JanusConnection } from '../../../../lib/backends/janus/connection.ts';
import { mediaHandle } from '../../../../lib/backends/janus/media-handle.ts';
import { OneHandle } from '../../../../lib/backends/janus/one-handle.ts';
import { silentLog } from '../../../../lib/domain/log.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason } from '../../../support/errors.ts';
import { FakeJanodeHandle } from '../../../support/janode-handle.ts';
import { KeptSink } from '../../../support/janus-backend.ts';

class Session extends OneHandle {}

const connectMs = 60_000;

let clock: ManualClock;
let sink: KeptSink;
let janode: FakeJanodeHandle;
let session: Session;
beforeEach(() => {
  clock = new ManualClock();
  sink = new KeptSink();
  janode = new FakeJanodeHandle();
  const connection = new JanusConnection({
    address: { url: 'ws://127.0.0.1:1' },
    nodeId: 'n1',
    clientCandidates: 'pass',
    clock,
    log: silentLog,
    random: () => 0,
    onChange: () => {},
  });
  session = new Session(connection, mediaHandle(echotest, sink));
  session.handle.adopt(janode);
});

describe('a client that has all that it needs to connect', () => {
  test('and does not in 60 s is hung up, once', async () => {
    session.expectClient();
    await clock.advance(connectMs - 1);
    expect(sink.ends).toBe(0);
    await clock.advance(10 * connectMs);
    expect(sink.statuses).toContainEqual({ class: 'hangup', cause: 'not connected in 60 s' });
    expect(sink).toMatchObject({ ends: 1, why: reason('session_stop') });
    expect(clock.pending).toBe(0);
  });

  test('and does is left alone', async () => {
    session.expectClient();
    janode.emit('handle_webrtcup');
    await clock.advance(10 * connectMs);
    expect(sink.ends).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('is not hung up again when Janus has done so', async () => {
    session.expectClient();
    janode.emit('handle_hangup', { reason: 'ICE failed' });
    await clock.advance(10 * connectMs);
    expect(sink.ends).toBe(1);
  });

  test('is given another minute while it is unknown what Janus told when it was out of reach', async () => {
    session.expectClient();
    session.handle.suspend();
    janode = new FakeJanodeHandle();
    session.handle.adopt(janode);
    await clock.advance(10 * connectMs);
    expect(sink.ends).toBe(0);
    await session.handle.catchUp(async () => ({ flags: { ready: false } }));
    await clock.advance(connectMs);
    expect(sink.ends).toBe(1);
  });

  test('is waited for no more when its session is closed, or was before', async () => {
    session.expectClient();
    await session.close();
    expect(clock.pending).toBe(0);
    session.expectClient();
    expect(clock.pending).toBe(0);
  });
});
