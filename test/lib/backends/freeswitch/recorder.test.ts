import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { closeMs, FreeSwitchRecorder } from '../../../../lib/backends/freeswitch/recorder.ts';
import { record } from '../../../../lib/backends/freeswitch/requests.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeConnection, idOf } from '../../../support/freeswitch/fake-connection.ts';

const id = idOf(1);
const [sound, picture] = ['/data/a-sound.wav', '/data/a-call.mp4'];

/** Of a command, without the quotes around a path. */
const words = (command: string) => command.replaceAll("'", '').split(' ');

let freeSwitch: FakeConnection;
let isLost: boolean;
let recorder: FreeSwitchRecorder;
/** What FreeSWITCH does when it is told to stop a file. */
let stops: (file: string) => string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  freeSwitch = new FakeConnection();
  isLost = false;
  stops = (file) => {
    freeSwitch.files.closed(file);
    return '+OK';
  };
  freeSwitch.answer = (command) => {
    const [, , action, file = ''] = words(command);
    return action === 'stop' ? stops(file) : '+OK';
  };
  recorder = new FreeSwitchRecorder({
    connection: freeSwitch.connection,
    suffixes: async () => ['-sound.wav', '-call.mp4'],
    command: (isStart, file) => record(id, isStart, file),
    isLost: () => isLost,
  });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** What was started and stopped, one after the other. */
const asked = () => freeSwitch.asked.map((command) => words(command).slice(2, 4).join(' '));
const refuse = (part: string, error: Error) => {
  const { answer } = freeSwitch;
  freeSwitch.answer = (command) => {
    if (words(command).join(' ').includes(part)) throw error;
    return answer(command);
  };
};

describe('a recording', () => {
  test('is in a file for each suffix, all of them closed when it is stopped, once', async () => {
    await recorder.start('/data/a');
    expect(asked()).toEqual([`start ${sound}`, `start ${picture}`]);
    await recorder.stop();
    await recorder.stop();
    expect(asked().slice(2)).toEqual([`stop ${sound}`, `stop ${picture}`]);
  });

  test('of which one file is refused is not begun: the others are closed', async () => {
    refuse(`start ${picture}`, new PatchbayError('fs_error', 'no space'));
    expect(await rejection(recorder.start('/data/a'))).toMatchObject(reason('fs_error'));
    await recorder.stop();
    expect(asked()).toEqual([`start ${sound}`, `start ${picture}`, `stop ${sound}`]);
  });

  test('of which one file is not closed has the others closed all the same, and fails', async () => {
    await recorder.start('/data/a');
    stops = (file) => {
      if (file === picture) freeSwitch.files.closed(file);
      return '+OK';
    };
    let isDone = false;
    const stopping = rejection(recorder.stop()).finally(() => {
      isDone = true;
    });
    await vi.advanceTimersByTimeAsync(closeMs - 1);
    expect(isDone).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await stopping).toMatchObject(reason('recording_failed'));
    expect(asked().slice(2)).toEqual([`stop ${sound}`, `stop ${picture}`]);
  });

  test.each([
    ['was', 'before'],
    ['is', 'after'],
  ] as const)('whose channel has hung up %s closed with it, though that is told only %s the stop', async (_, when) => {
    await recorder.start('/data/a');
    refuse('stop', new PatchbayError('fs_channel_stop'));
    const hangUp = () => [sound, picture].forEach((file) => void freeSwitch.files.closed(file));
    if (when === 'before') hangUp();
    const stopping = recorder.stop();
    await vi.advanceTimersByTimeAsync(100);
    hangUp();
    await stopping;
    expect(asked()).toHaveLength(when === 'before' ? 2 : 4);
  });

  test('of which nothing more will be heard is not waited for', async () => {
    await recorder.start('/data/a');
    isLost = true;
    stops = () => '+OK';
    expect(await rejection(recorder.stop())).toMatchObject(reason('recording_failed'));
  });
});
