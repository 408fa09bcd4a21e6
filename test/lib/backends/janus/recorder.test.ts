import echotest from 'janode/plugins/echotest';
import { describe, expect, test } from 'vitest';
import { mediaHandle } from '../../../../lib/backends/janus/media-handle.ts';
import { HandleRecorder } from '../../../../lib/backends/janus/recorder.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeJanodeHandle } from '../../../support/janode-handle.ts';
import { KeptSink } from '../../../support/janus-backend.ts';

const handle = mediaHandle(echotest, new KeptSink());
const janode = new FakeJanodeHandle();
handle.adopt(janode);

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

  test('of a handle that is gone says so', async () => {
    await handle.detach();
    const recorder = new HandleRecorder(handle);
    expect(await rejection(recorder.start('/recordings/r2/part-1'))).toMatchObject(reason('janus_session_down'));
    expect(await rejection(recorder.stop())).toMatchObject(reason('janus_session_down'));
  });
});
