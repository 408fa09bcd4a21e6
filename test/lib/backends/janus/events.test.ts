import echotest from 'janode/plugins/echotest';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { listen } from '../../../../lib/backends/janus/events.ts';
import videocall from '../../../../lib/backends/janus/plugins/videocall.ts';
import { FakeJanodeHandle } from '../../../support/janode-handle.ts';

const status = vi.fn();
const hangup = vi.fn();
const detached = vi.fn();
const plugin = vi.fn();
let janode: FakeJanodeHandle;
beforeEach(() => {
  for (const heard of [status, hangup, detached, plugin]) heard.mockReset();
  janode = new FakeJanodeHandle();
  listen(janode, videocall, { status, hangup, detached, plugin });
});

describe('what Janus leaves out', () => {
  test('of a slow link is 0 and downwards', () => {
    janode.emit('handle_slowlink', {});
    expect(status.mock.calls).toEqual([[{ class: 'slow_link', uplink: false, lost: 0 }]]);
  });

  test('of a hangup is an unknown cause', () => {
    janode.emit('handle_hangup', {});
    expect(hangup.mock.calls).toEqual([['unknown']]);
  });

  test('of media is that none comes', () => {
    janode.emit('handle_media', { type: 'video' });
    janode.emit('handle_media', {});
    expect(status.mock.calls).toEqual([[{ class: 'media', media: 'video', status: 'down' }]]);
  });
});

test('the end of a handle is told', () => {
  janode.emit('handle_detached', { id: 7 });
  expect(detached).toHaveBeenCalledTimes(1);
});

test("a plugin's own events are told by their names", () => {
  janode.emit('videocall_incomingcall', { username: 'ann' });
  janode.emit('videocall_other', {});
  expect(plugin.mock.calls).toEqual([['videocall_incomingcall', { username: 'ann' }]]);
});

test('who does not ask for them does without', () => {
  const bare = new FakeJanodeHandle();
  listen(bare, echotest, { status, hangup, detached });
  for (const event of Object.values(echotest.EVENT)) bare.emit(event, {});
  expect(plugin).not.toHaveBeenCalled();
});
