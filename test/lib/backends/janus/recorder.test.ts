import echotest from 'janode/plugins/echotest';
import { beforeEach, describe, expect, test } from 'vitest';
import { mediaHandle } from '../../../../lib/backends/janus/media-handle.ts';
import { HandleRecorder } from '../../../../lib/backends/janus/recorder.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeJanodeHandle } from '../../../support/janode-handle.ts';
import { KeptSink } from '../../../support/janus-backend.ts';

const handle = mediaHandle(echotest, new KeptSink());
const janode = new FakeJanodeHandle();
handle.adopt(janode);

const done = janode.reply;
/** What janode makes of it when Janus refuses, or says nothing. */
function failing(words: string): typeof done {
  const failed = Promise.reject(new Error(words));
  failed.catch(() => {});
  return failed;
}
beforeEach(() => {
  janode.reply = done;
});

describe('a recorder', () => {
  test("writes to files with this beginning until it is stopped, by the plugin's own request", async () => {
    const recorder = new HandleRecorder(handle, { request: 'set' });
    await recorder.start('/recordings/r1/part-1');
    await recorder.stop();
    expect(janode.asked.map(({ body }) => body)).toEqual([
      { request: 'set', record: true, filename: '/recordings/r1/part-1' },
      { request: 'set', record: false },
    ]);
  });

  test('whose handle Janus has freed is stopped: Janus closes the files of what it frees', async () => {
    const recorder = new HandleRecorder(handle);
    await recorder.start('/recordings/r3/part-1');
    janode.reply = failing('459 No such handle');
    await recorder.stop();
  });

  test.each(['Request timed out', '490 Unknown error'])('that Janus does not stop says so: %s', async (words) => {
    const recorder = new HandleRecorder(handle);
    await recorder.start('/recordings/r4/part-1');
    janode.reply = failing(words);
    expect(await rejection(recorder.stop())).toBeInstanceOf(PatchbayError);
  });

  test('whose handle is freed while it is being stopped waits for no answer: there is none', async () => {
    const own = mediaHandle(echotest, new KeptSink());
    own.adopt(janode);
    const recorder = new HandleRecorder(own);
    await recorder.start('/recordings/r5/part-1');
    janode.reply = new Promise(() => {});
    const stopping = recorder.stop();
    janode.reply = done;
    await own.detach();
    await stopping;
  });

  test('whose handle Janus could not free says so', async () => {
    const own = mediaHandle(echotest, new KeptSink());
    own.adopt(janode);
    const recorder = new HandleRecorder(own);
    await recorder.start('/recordings/r6/part-1');
    janode.reply = failing('the socket is closed');
    expect(await own.detach()).toBe(false);
    expect(await rejection(recorder.stop())).toMatchObject(reason('janus_session_down'));
    // And when it can again, it does.
    janode.reply = done;
    await recorder.stop();
    expect(await own.detach()).toBe(true);
  });

  test('whose handle a Janus does not know that was started again says so: nobody knows what the other one has written', async () => {
    const own = mediaHandle(echotest, new KeptSink());
    own.adopt(janode);
    const recorder = new HandleRecorder(own);
    await recorder.start('/recordings/r7/part-1');
    janode.reply = failing('459 No such handle');
    expect(await own.detach()).toBe(true);
    expect(await rejection(recorder.stop())).toMatchObject(reason('janus_session_down'));
  });

  test('of a handle that was freed does not begin, and has nothing to stop', async () => {
    await handle.detach();
    const recorder = new HandleRecorder(handle);
    expect(await rejection(recorder.start('/recordings/r2/part-1'))).toMatchObject(reason('janus_session_down'));
    await recorder.stop();
  });
});
