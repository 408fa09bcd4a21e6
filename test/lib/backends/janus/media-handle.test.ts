import echotest from 'janode/plugins/echotest';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { mediaHandle } from '../../../../lib/backends/janus/media-handle.ts';
import type { PatchbayError } from '../../../../lib/protocol/errors.ts';
import type { SessionStatus } from '../../../../lib/protocol/events.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeJanodeHandle } from '../../../support/janode-handle.ts';

const status = vi.fn<(status: SessionStatus) => void>();
const stopped = vi.fn<(why: PatchbayError) => void>();
let janode: FakeJanodeHandle;
let handle: ReturnType<typeof mediaHandle>;
beforeEach(() => {
  status.mockReset();
  stopped.mockReset();
  janode = new FakeJanodeHandle();
  handle = mediaHandle(echotest, { status, stopped });
  handle.adopt(janode);
});

describe('what Janus tells becomes a status', () => {
  test.each<[string, object, SessionStatus]>([
    ['handle_webrtcup', {}, { class: 'webrtc', status: 'up' }],
    ['handle_media', { type: 'audio', receiving: true }, { class: 'media', media: 'audio', status: 'up' }],
    ['handle_media', { type: 'video', receiving: false }, { class: 'media', media: 'video', status: 'down' }],
    ['handle_slowlink', { uplink: true, lost: 12 }, { class: 'slow_link', uplink: true, lost: 12 }],
  ])('%s %j', (event, data, expected) => {
    janode.emit(event, data);
    expect(status.mock.calls).toEqual([[expected]]);
    expect(stopped).not.toHaveBeenCalled();
  });

  test('but not media of a kind that sessions do not have', () => {
    janode.emit('handle_media', { type: 'data', receiving: true });
    expect(status).not.toHaveBeenCalled();
  });
});

describe('the end of the media', () => {
  test('by a hangup is told with its cause', () => {
    janode.emit('handle_hangup', { reason: 'ICE failed' });
    expect(status.mock.calls).toEqual([
      [{ class: 'webrtc', status: 'down' }],
      [{ class: 'hangup', cause: 'ICE failed' }],
    ]);
    expect(stopped.mock.calls[0]?.[0]).toMatchObject(reason('session_stop'));
  });

  test('by a detach is janus_session_down', () => {
    janode.emit('handle_detached', {});
    expect(stopped.mock.calls[0]?.[0]).toMatchObject(reason('janus_session_down'));
  });
});

describe('a handle whose WebSocket is gone', () => {
  test('hears nothing of the old one, and goes on with the one that was claimed', () => {
    handle.suspend();
    janode.emit('handle_detached', {});
    const claimed = new FakeJanodeHandle();
    handle.adopt(claimed);
    janode.emit('handle_webrtcup');
    expect(status).not.toHaveBeenCalled();
    expect(stopped).not.toHaveBeenCalled();
    claimed.emit('handle_webrtcup');
    expect(status).toHaveBeenCalledTimes(1);
  });
});

describe('a request', () => {
  test("carries the plugin's body and the SDP, and gives the plugin's data", async () => {
    const jsep = { type: 'offer', sdp: 'v=0' } as const;
    expect(await handle.request({ audio: true }, jsep)).toEqual({ data: { result: 'ok' }, jsep: undefined });
    expect(janode.asked).toEqual([{ janus: 'message', body: { audio: true }, jsep }]);
  });

  test('that Janus refuses is an error of ours', async () => {
    janode.reply = Promise.reject(new Error('465 Invalid SDP'));
    expect(await rejection(handle.request({ request: 'start' }))).toMatchObject(reason('invalid_value'));
  });

  test('before a handle is there, or after its end, is janus_session_down', async () => {
    const bare = mediaHandle(echotest, { status, stopped });
    expect(bare.id).toBeUndefined();
    expect(await rejection(bare.request({}))).toMatchObject(reason('janus_session_down'));
    await handle.detach();
    expect(await rejection(handle.request({}))).toMatchObject(reason('janus_session_down'));
  });
});

describe('detach', () => {
  test('frees the handle in Janus once, and nothing is heard of it any more', async () => {
    await handle.detach();
    await handle.detach();
    expect(janode.asked).toEqual([{ janus: 'detach' }]);
    janode.emit('handle_hangup', { reason: 'Close PC' });
    janode.emit('handle_detached', {});
    expect(status).not.toHaveBeenCalled();
    expect(stopped).not.toHaveBeenCalled();
  });

  test('never throws, whether Janus is away or the handle never was', async () => {
    janode.reply = Promise.reject(new Error('459 No such handle'));
    await handle.detach();
    await mediaHandle(echotest, { status, stopped }).detach();
  });
});
