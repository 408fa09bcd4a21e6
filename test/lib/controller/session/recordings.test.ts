import { readFile, stat, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { SessionRecordings } from '../../../../lib/controller/session/recordings.ts';
import { SharedRecorder } from '../../../../lib/controller/session/shared-recorder.ts';
import type { Log } from '../../../../lib/domain/log.ts';
import { PatchbayError, type Reason } from '../../../../lib/protocol/errors.ts';
import type { SessionStatus } from '../../../../lib/protocol/events.ts';
import { RefusedError } from '../../../../lib/recordings/no-links.ts';
import { RecordingFiles } from '../../../../lib/recordings/recording-files.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeRecorder } from '../../../support/fake-backend.ts';
import { testFiles, testFolder } from '../../../support/world.ts';

let clock: ManualClock;
let files: RecordingFiles;
/** What records the session's media, and what records another publisher's. */
let engine: FakeRecorder;
let other: FakeRecorder;
let recorder: SharedRecorder | undefined;
let told: SessionStatus[];
/** What the log was told of at error. */
let logged: object[];
let messages: string[];
let log: Log;
beforeEach(() => {
  clock = new ManualClock();
  files = testFiles();
  engine = new FakeRecorder();
  other = new FakeRecorder();
  recorder = new SharedRecorder(engine, clock);
  told = [];
  logged = [];
  messages = [];
  log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields, message) => void [logged.push(fields), messages.push(message)],
  };
});

const recordings = (wanted = false) =>
  new SessionRecordings(
    {
      tenant: 'acme',
      of: { sessionId: 's' },
      type: () => 'echo',
      clock,
      log,
      files,
      recorder: () => recorder,
      tell: (status) => void told.push(status),
    },
    wanted,
  );
const states = () => told.map((status) => ('state' in status ? status.state : status.class));
/** What `recording.json` says. */
const manifest = async (base: string) =>
  JSON.parse(await readFile(base.replace(/part-\d+$/, 'recording.json'), 'utf8'));

describe('a recording', () => {
  test('is started, processed and to be had, each told by a status', async () => {
    const mine = recordings();
    const started = await mine.start(true);
    expect(started).toEqual({
      recording_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      uri: files.uri(started.recording_id, 'acme'),
    });
    await clock.advance(2500);
    expect(await mine.stop()).toEqual({ ...started, duration: 2.5 });
    expect(told).toEqual([
      { class: 'recording', ...started, state: 'started' },
      { class: 'recording', ...started, state: 'processing', duration: 2.5 },
      { class: 'recording', ...started, state: 'available', duration: 2.5, bytes: 1000 },
    ]);
    expect(mine.list).toEqual([
      { ...started, state: 'available', started_at: '2030-01-01T00:00:00.000Z', duration: 2.5, bytes: 1000 },
    ]);
    expect(await manifest(String(engine.started[0]))).toMatchObject({
      recording_id: started.recording_id,
      tenant: 'acme',
      session_id: 's',
      type: 'echo',
      duration_ms: 2500,
    });
  });

  test('is one at a time: a second start is invalid_state and names the first', async () => {
    const mine = recordings();
    const { recording_id } = await mine.start(true);
    expect(await rejection(mine.start(true))).toMatchObject({
      ...reason('invalid_state'),
      message: `recording ${recording_id} is under way`,
    });
    await mine.stop();
    await mine.start(true);
    expect(mine.list.map(({ state }) => state)).toEqual(['available', 'started']);
  });

  test('that is not there cannot be stopped: no_active_recorder', async () => {
    const mine = recordings();
    expect(await rejection(mine.stop())).toMatchObject(reason('no_active_recorder'));
    await mine.start(true);
    await mine.stop();
    expect(await rejection(mine.stop())).toMatchObject(reason('no_active_recorder'));
  });

  test('of media that cannot be recorded is invalid_operation', async () => {
    recorder = undefined;
    const mine = recordings();
    expect(await rejection(mine.start(true))).toMatchObject({
      ...reason('invalid_operation'),
      message: 'the media of this echo session cannot be recorded here',
    });
    expect([mine.actions, mine.list]).toEqual([['get_actions', 'list'], []]);
  });

  test.each<[string, Error, Reason]>([
    ['refuses', new PatchbayError('janus_error', 'no space'), 'recording_failed'],
    ['fails at', new Error('EACCES'), 'recording_failed'],
    ['is away for', new PatchbayError('janus_connection_error'), 'janus_connection_error'],
  ])('that the engine %s is failed, and another one may follow', async (_, failure, why) => {
    const mine = recordings();
    engine.failure = failure;
    expect(await rejection(mine.start(true))).toMatchObject(reason(why));
    expect(states()).toEqual(['failed']);
    engine.failure = undefined;
    await mine.start(true);
    expect(mine.list.map(({ state }) => state)).toEqual(['failed', 'started']);
  });

  test('that never began leaves no folder behind', async () => {
    const mine = recordings();
    let base = '';
    engine.start = async (given) => {
      base = given;
      throw new Error('no disk');
    };
    await rejection(mine.start(true));
    await expect(stat(dirname(base))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('that leaves no file with media in it is failed', async () => {
    const mine = recordings();
    await mine.start(true);
    engine.stop = async () => {};
    await mine.stop();
    expect(states()).toEqual(['started', 'processing', 'failed']);
  });

  test('whose engine does not end it is failed: what there is of it is kept, and says so itself', async () => {
    const mine = recordings();
    const started = await mine.start(true);
    await clock.advance(2500);
    engine.stopFailure = new PatchbayError('janus_connection_error');
    expect(await mine.stop()).toEqual({ ...started, duration: 2.5 });
    expect(states()).toEqual(['started', 'processing', 'failed']);
    expect(told.at(-1)).toEqual({ class: 'recording', ...started, state: 'failed', duration: 2.5, bytes: 1000 });
    expect(mine.list).toMatchObject([{ state: 'failed', bytes: 1000 }]);
    expect((await manifest(String(engine.started[0]))).parts).toEqual([
      { files: ['part-1-audio.mjr'], offset_ms: 0, duration_ms: 2500, incomplete: true },
    ]);
    expect(logged).toMatchObject([{ recording_id: started.recording_id, err: engine.stopFailure, sessionId: 's' }]);
  });

  test('whose engine does not end it, and left nothing, is failed once', async () => {
    const mine = recordings();
    await mine.start(true);
    engine.stop = async () => {
      throw new PatchbayError('janus_connection_error');
    };
    await mine.close();
    expect(states()).toEqual(['started', 'processing', 'failed']);
    expect(mine.list).toMatchObject([{ state: 'failed', bytes: 0 }]);
  });

  test('that runs when the session ends is closed before the end is told', async () => {
    const mine = recordings();
    await mine.start(true);
    await clock.advance(1000);
    await mine.close();
    expect(states()).toEqual(['started', 'processing', 'available']);
  });

  test('number 201 of a session is rate_limited', async () => {
    const mine = recordings();
    engine.failure = new Error('no');
    for (let at = 0; at < 200; at += 1) await rejection(mine.start(true));
    expect(await rejection(mine.start(true))).toMatchObject(reason('rate_limited'));
  });
});

describe('what can be done', () => {
  test('is to start where nothing runs, and to stop where something does', async () => {
    const mine = recordings();
    expect(mine.actions).toEqual(['get_actions', 'list', 'start']);
    await mine.start(true);
    expect(mine.actions).toEqual(['get_actions', 'list', 'stop']);
    await mine.stop();
    expect(mine.actions).toEqual(['get_actions', 'list', 'start']);
  });
});

describe('before the session is ready', () => {
  test('a start is remembered, and begins under the same id when it is', async () => {
    const mine = recordings();
    const started = await mine.start(false);
    expect([engine.started, told, mine.actions]).toEqual([[], [], ['get_actions', 'list', 'stop']]);
    await clock.advance(5000);
    await mine.ready();
    expect(told).toEqual([{ class: 'recording', ...started, state: 'started' }]);
    expect(mine.list).toMatchObject([{ started_at: '2030-01-01T00:00:05.000Z' }]);
  });

  test('a second start is invalid_state, as is one beside the wish of create', async () => {
    const mine = recordings();
    await mine.start(false);
    expect(await rejection(mine.start(false))).toMatchObject(reason('invalid_state'));
    expect(await rejection(recordings(true).start(false))).toMatchObject(reason('invalid_state'));
  });

  test('a stop takes the wish back', async () => {
    const mine = recordings();
    const started = await mine.start(false);
    expect(await mine.stop()).toEqual({ ...started, duration: 0 });
    await mine.ready();
    expect([engine.started, mine.list]).toEqual([[], []]);
  });

  test('the end of the session takes it back, too', async () => {
    const mine = recordings(true);
    await mine.close();
    await mine.ready();
    expect(engine.started).toEqual([]);
  });

  test('what cannot begin then is told by a status, and is no fault of the session', async () => {
    const mine = recordings(true);
    engine.failure = new Error('no disk');
    await mine.ready();
    expect(states()).toEqual(['failed']);
  });
});

describe('when another publisher is heard', () => {
  const move = () => {
    recorder = new SharedRecorder(other, clock);
  };

  test('the recording goes on there as a new part', async () => {
    const mine = recordings();
    await mine.start(true);
    await clock.advance(1000);
    move();
    await mine.moved();
    await clock.advance(500);
    expect(await mine.stop()).toMatchObject({ duration: 1.5 });
    expect([engine.stopped, other.stopped]).toEqual([1, 1]);
    expect(states()).toEqual(['started', 'processing', 'available']);
    expect(mine.list).toMatchObject([{ bytes: 2000 }]);
    expect(await manifest(String(engine.started[0]))).toMatchObject({
      parts: [
        { files: ['part-1-audio.mjr'], offset_ms: 0, duration_ms: 1000 },
        { files: ['part-2-audio.mjr'], offset_ms: 0, duration_ms: 500 },
      ],
    });
  });

  test('a part that its engine did not end is told from the others', async () => {
    const mine = recordings();
    await mine.start(true);
    engine.stopFailure = new Error('gone');
    move();
    await mine.moved();
    await mine.stop();
    expect(states()).toEqual(['started', 'processing', 'failed']);
    expect(mine.list).toMatchObject([{ bytes: 2000 }]);
    const { parts } = await manifest(String(engine.started[0]));
    expect(parts).toMatchObject([{ files: ['part-1-audio.mjr'], incomplete: true }, { files: ['part-2-audio.mjr'] }]);
    expect(parts[1]).not.toHaveProperty('incomplete');
  });

  test('who cannot be recorded, the recording ends with what it has', async () => {
    const mine = recordings();
    await mine.start(true);
    await clock.advance(1000);
    move();
    other.failure = new Error('no disk');
    await mine.moved();
    expect(states()).toEqual(['started', 'processing', 'available']);
    expect(mine.list).toMatchObject([{ duration: 1 }]);
    expect(await rejection(mine.stop())).toMatchObject(reason('no_active_recorder'));
  });

  test('nothing happens where nothing runs', async () => {
    move();
    await recordings().moved();
    expect([engine.started, other.started]).toEqual([[], []]);
  });
});

describe('a tape that others record on, too', () => {
  test('is failed for all of them when its engine does not end it', async () => {
    const [mine, theirs] = [recordings(), recordings()];
    await mine.start(true);
    await theirs.start(true);
    engine.stopFailure = new Error('gone');
    await mine.stop();
    expect(mine.list).toMatchObject([{ state: 'processing' }]);
    await theirs.stop();
    await mine.gathered();
    for (const { list } of [mine, theirs]) expect(list).toMatchObject([{ state: 'failed', bytes: 1000 }]);
  });

  test('is complete when the last of them stops: until then the recording is processing', async () => {
    const [mine, theirs] = [recordings(), recordings()];
    await mine.start(true);
    await clock.advance(1000);
    await theirs.start(true);
    await clock.advance(1000);
    await mine.stop();
    expect(mine.list).toMatchObject([{ state: 'processing', duration: 2 }]);
    await theirs.stop();
    await mine.gathered();
    expect(mine.list).toMatchObject([{ state: 'available', duration: 2, bytes: 1000 }]);
    expect(theirs.list).toMatchObject([{ state: 'available', duration: 1, bytes: 1000 }]);
  });

  test('is complete with the end of the media that it is of, and told of by the end of the session', async () => {
    const [mine, theirs] = [recordings(), recordings()];
    await mine.start(true);
    await theirs.start(true);
    await clock.advance(1000);
    await recorder?.close();
    await mine.close();
    expect(mine.list).toMatchObject([{ state: 'available', duration: 1 }]);
    await theirs.stop();
    await theirs.close();
    expect(theirs.list).toMatchObject([{ state: 'available', duration: 1 }]);
  });

  test('keeps nobody waiting at the end of a session that only heard it', async () => {
    const [mine, theirs] = [recordings(), recordings()];
    await theirs.start(true);
    await mine.start(true);
    await mine.close();
    expect(mine.list).toMatchObject([{ state: 'processing' }]);
    await theirs.close();
    await expect.poll(() => mine.list).toMatchObject([{ state: 'available' }]);
  });
});

describe('an engine that was taken over, and has put a link among its files,', () => {
  beforeEach(() => {
    const stop = engine.stop.bind(engine);
    engine.stop = async () => {
      await stop();
      await symlink('/etc/hostname', `${engine.started.at(-1)}-video.mjr`);
    };
  });

  test('has made the recording fail, which the log says with its id', async () => {
    const mine = recordings();
    const { recording_id } = await mine.start(true);
    await mine.stop();
    expect(mine.list).toMatchObject([{ state: 'failed', bytes: 1000 }]);
    expect((await manifest(String(engine.started[0]))).parts).toMatchObject([{ incomplete: true }]);
    expect(logged).toEqual([{ err: expect.any(RefusedError), sessionId: 's', recording_id }]);
    expect(messages).toEqual(['recording failed: something else is among its files']);
  });

  test('has done so for all who share the tape, also for one that is closed when the first is gone', async () => {
    const [mine, theirs] = [recordings(), recordings()];
    const { recording_id } = await mine.start(true);
    await theirs.start(true);
    recorder = new SharedRecorder(other, clock);
    await theirs.moved();
    await mine.stop();
    await mine.gathered();
    await files.discard(recording_id);
    await theirs.stop();
    for (const { list } of [mine, theirs]) expect(list).toMatchObject([{ state: 'failed' }]);
  });

  test('only when the files are gathered has done so, too', async () => {
    recorder = new SharedRecorder(new FakeRecorder(), clock);
    const mine = recordings();
    const adopt = files.adopt.bind(files);
    files.adopt = async (id, part, base) => {
      await adopt(id, part, base);
      await symlink('/etc/hostname', `${base}-video.mjr`);
    };
    await mine.start(true);
    await mine.stop();
    expect(mine.list).toMatchObject([{ state: 'failed', bytes: 1000 }]);
    expect(messages).toEqual(['recording failed: something else is among its files']);
  });
});

describe('what goes to a bucket', () => {
  let tells: ((state: 'available' | 'failed') => void)[];
  beforeEach(() => {
    tells = [];
    files = new (class extends RecordingFiles {
      override keep(_: string, tell: (state: 'available' | 'failed') => void) {
        tells.push(tell);
        return false;
      }
    })(testFolder(), 'http://files');
  });

  test('is processing until it is there; whoever stops it does not wait for that', async () => {
    const mine = recordings();
    await mine.start(true);
    await clock.advance(1000);
    expect(await mine.stop()).toMatchObject({ duration: 1 });
    expect(mine.list).toMatchObject([{ state: 'processing', bytes: 1000 }]);
    tells[0]?.('available');
    expect(states()).toEqual(['started', 'processing', 'available']);
    expect(told.at(-1)).toMatchObject({ bytes: 1000, duration: 1 });
  });

  test('keeps no session from its end', async () => {
    const mine = recordings();
    await mine.start(true);
    await mine.close();
    await mine.gathered();
    expect([states(), tells.length]).toEqual([['started', 'processing'], 1]);
  });

  test('and failed may be there all the same, later', async () => {
    const mine = recordings();
    await mine.start(true);
    await mine.stop();
    for (const state of ['failed', 'available'] as const) tells[0]?.(state);
    expect(states()).toEqual(['started', 'processing', 'failed', 'available']);
  });

  test('without media has failed, whatever comes of it there', async () => {
    const mine = recordings();
    await mine.start(true);
    engine.stop = async () => {};
    await mine.stop();
    expect(states()).toEqual(['started', 'processing', 'failed']);
  });
});

test('whoever shares a tape has its files as soon as it is closed, though his recording goes on elsewhere', async () => {
  const [mine, theirs] = [recordings(), recordings()];
  await theirs.start(true);
  await mine.start(true);
  recorder = new SharedRecorder(other, clock);
  await mine.moved();
  const { recording_id } = await theirs.stop();
  await theirs.gathered();
  await files.discard(recording_id);
  await mine.stop();
  expect(mine.list).toMatchObject([{ state: 'available', bytes: 2000 }]);
});

describe('of a room', () => {
  const ofRoom = () =>
    new SessionRecordings(
      {
        tenant: 'acme',
        of: { roomId: 'lobby' },
        type: () => 'mcu',
        clock,
        log,
        files,
        recorder: () => recorder,
        tell: (status) => void told.push(status),
      },
      false,
    );

  test('the manifest says of which room, and of no session', async () => {
    const mine = ofRoom();
    await mine.start(true);
    await mine.stop();
    const facts = await manifest(engine.started[0] ?? '');
    expect(facts).toMatchObject({ room_id: 'lobby', type: 'mcu' });
    expect(facts).not.toHaveProperty('session_id');
  });

  test('that cannot be recorded is invalid_operation, which says what it is', async () => {
    recorder = undefined;
    expect(await rejection(ofRoom().start(true))).toMatchObject({
      ...reason('invalid_operation'),
      message: 'the media of this mcu room cannot be recorded here',
    });
  });
});

test('the manifest says of which type the session was when its recording began', async () => {
  let type = 'park';
  const mine = new SessionRecordings(
    {
      tenant: 'acme',
      of: { sessionId: 's' },
      type: () => type,
      clock,
      log,
      files,
      recorder: () => recorder,
      tell: () => {},
    },
    false,
  );
  await mine.start(true);
  type = 'echo';
  await mine.stop();
  expect(await manifest(engine.started[0] ?? '')).toMatchObject({ session_id: 's', type: 'park' });
});

test.each(['janus_error', 'fs_error'] as const)('what the engine says as %s is recording_failed', async (name) => {
  engine.failure = new PatchbayError(name, 'secrets of the disk');
  expect(await rejection(recordings().start(true))).toMatchObject({
    ...reason('recording_failed'),
    message: 'the recording failed',
  });
});
