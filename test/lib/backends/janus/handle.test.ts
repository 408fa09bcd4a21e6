import echotest from 'janode/plugins/echotest';
import { beforeEach, describe, expect, test } from 'vitest';
import type { HandleInfo } from '../../../../lib/backends/janus/admin.ts';
import type { JanusHandle } from '../../../../lib/backends/janus/handle.ts';
import { mediaHandle } from '../../../../lib/backends/janus/media-handle.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeJanodeHandle } from '../../../support/janode-handle.ts';
import { KeptSink } from '../../../support/janus-backend.ts';
import { chromiumOffer } from '../../../support/sdp.ts';

let sink: KeptSink;
let handle: JanusHandle;
let janode: FakeJanodeHandle;
beforeEach(() => {
  sink = new KeptSink();
  handle = mediaHandle(echotest, sink);
  janode = new FakeJanodeHandle();
  handle.adopt(janode);
});

const negotiate = () => handle.request({ request: 'start' }, { type: 'offer', sdp: chromiumOffer });
const connected: HandleInfo = { flags: { ready: true }, webrtc: {} };
const up = { class: 'webrtc', status: 'up' };

/** The WebSocket was away, and Janus now says this of the handle. */
async function comesBack(info: HandleInfo | undefined): Promise<void> {
  handle.suspend();
  janode = new FakeJanodeHandle();
  handle.adopt(janode);
  await handle.catchUp(async () => info);
}

describe('what happened while Janus was out of reach', () => {
  test('is nothing where all is as it was', async () => {
    await negotiate();
    janode.emit('handle_webrtcup');
    await comesBack(connected);
    expect(sink).toMatchObject({ statuses: [up], ends: 0 });
  });

  test('is a connection that came up, once, also when Janus tells it after all', async () => {
    await negotiate();
    await comesBack(connected);
    janode.emit('handle_webrtcup');
    await comesBack(connected);
    expect(sink).toMatchObject({ statuses: [up], ends: 0 });
  });

  test('is a hangup where there was a connection and is none', async () => {
    await negotiate();
    janode.emit('handle_webrtcup');
    await comesBack({ flags: {} });
    janode.emit('handle_hangup', { reason: 'late' });
    expect(sink).toMatchObject({
      statuses: [
        up,
        { class: 'webrtc', status: 'down' },
        { class: 'hangup', cause: 'lost while Janus was out of reach' },
      ],
      why: reason('session_stop'),
      ends: 1,
    });
  });

  test('is the end where the handle is no more', async () => {
    await negotiate();
    await comesBack(undefined);
    await comesBack(undefined);
    handle.lost();
    expect(sink).toMatchObject({ statuses: [], why: reason('janus_session_down'), ends: 1 });
  });

  test('is nothing of a handle that had no connection yet, or gets it at this moment', async () => {
    await comesBack({ flags: {} });
    await handle.catchUp(async () => {
      await negotiate();
      return { flags: {} };
    });
    expect(sink).toMatchObject({ statuses: [], ends: 0 });
  });

  test.each([{ webrtc: {} }, { webrtc: {}, flags: null }, { webrtc: {}, flags: 'ready' }])(
    'is nothing that %j does not say',
    async (info) => {
      await negotiate();
      await comesBack(info);
      expect(sink).toMatchObject({ statuses: [], ends: 0 });
    },
  );

  test('is nothing once it was detached', async () => {
    await negotiate();
    await handle.detach();
    await handle.catchUp(async () => undefined);
    expect(sink).toMatchObject({ statuses: [], ends: 0 });
  });
});

describe('a handle that is ended while it is attached', () => {
  test('can be freed then, and not be used', async () => {
    const late = mediaHandle(echotest, sink);
    expect(await late.detach()).toBe(true);
    const attached = new FakeJanodeHandle(8);
    late.adopt(attached);
    expect(late.isEnded).toBe(true);
    expect(await late.detach()).toBe(true);
    expect(attached.asked).toEqual([{ janus: 'detach' }]);
    expect(await rejection(late.request({}))).toMatchObject(reason('janus_session_down'));
    attached.emit('handle_webrtcup');
    expect(sink.statuses).toEqual([]);
  });
});

describe('candidates', () => {
  const line = 'candidate:1 1 udp 2122194687 192.0.2.1 40000 typ host';

  test('go to Janus as it wants them, those of names left out', async () => {
    await handle.trickle([
      { candidate: `a=${line}`, sdpMid: '1', sdpMLineIndex: 1 },
      { candidate: line.replace('192.0.2.1', 'a.local') },
      { candidate: line },
    ]);
    await handle.trickle('completed');
    expect(janode.asked).toEqual([
      {
        janus: 'trickle',
        candidates: [
          { candidate: line, sdpMid: '1', sdpMLineIndex: 1 },
          { candidate: line, sdpMLineIndex: 0 },
        ],
      },
      { janus: 'trickle', candidate: { completed: true } },
    ]);
  });

  test('of which none is left are not sent', async () => {
    await handle.trickle([{ candidate: line.replace('192.0.2.1', 'a.local') }]);
    expect(janode.asked).toEqual([]);
  });

  test('that Janus refuses, or that come too late, are an error of ours', async () => {
    janode.reply = Promise.reject(new Error('466 No such stream'));
    expect(await rejection(handle.trickle('completed'))).toMatchObject(reason('invalid_value'));
    await handle.detach();
    expect(await rejection(handle.trickle('completed'))).toMatchObject(reason('janus_session_down'));
  });
});
