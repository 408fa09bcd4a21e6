import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MediaRoom, MediaSession } from '../../lib/backends/backend.ts';
import type { JanusBackend } from '../../lib/backends/janus/backend.ts';
import {
  type JanusBench,
  KeptSink,
  mediaSpec,
  openMedia,
  roomSpec,
  startJanusBench,
} from '../support/janus-backend.ts';
import { type ListenerEnd, listenTo, publishTo, received } from '../support/media-ends.ts';
import { nextPicture, openPicture, type Picture } from '../support/picture.ts';
import { until } from '../support/until.ts';
import { rtpBytes } from '../support/wrtc.ts';

let bench: JanusBench;
let janus: JanusBackend;
let room: MediaRoom;
let publisher: MediaSession;
let picture: Picture;
const peerConnections: RTCPeerConnection[] = [];

/** A publisher with two layers, 160 and 320 pixels wide, the lowest first: Janus is told so by their names. */
beforeAll(async () => {
  bench = await startJanusBench();
  janus = await bench.connect();
  picture = openPicture({ isNoisy: true, width: 640, height: 480 });
  room = janus.openRoom(roomSpec(), { stopped: () => {} });
  publisher = janus.open(mediaSpec({ type: 'publish', room }), new KeptSink());
  const prepare = (peerConnection: RTCPeerConnection) => {
    peerConnection.addTransceiver(picture.track, {
      direction: 'sendonly',
      sendEncodings: [
        { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 120_000 },
        { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 350_000 },
      ],
    });
  };
  peerConnections.push((await publishTo(publisher, [], { prepare })).peerConnection);
});
afterAll(async () => {
  for (const peerConnection of peerConnections) peerConnection.close();
  picture?.stop();
  await room?.close();
  await bench?.stop();
});

async function listen(bitrate = 0): Promise<ListenerEnd & { readonly session: MediaSession }> {
  const spec = mediaSpec({ type: 'listen', publisher, media: { ...openMedia, bitrate } });
  const session = janus.open(spec, new KeptSink());
  const end = await listenTo(session);
  peerConnections.push(end.peerConnection);
  return { ...end, session };
}

const seesWidth = ({ peerConnection }: ListenerEnd, width: number) =>
  until(`${width} pixels`, async () => (await nextPicture(received(peerConnection, 'video'))).width === width, 20_000);

async function receivedBps({ peerConnection }: ListenerEnd): Promise<number> {
  const before = await rtpBytes(peerConnection, 'inbound', 'video');
  const atMs = performance.now();
  await delay(2000);
  return ((await rtpBytes(peerConnection, 'inbound', 'video')) - before) * (8000 / (performance.now() - atMs));
}

test("a listener's bitrate chooses the layer under it within 10 s, for it alone, and 0 brings back the best", async () => {
  const [listener, other] = [await listen(), await listen()];
  await Promise.all([seesWidth(listener, 320), seesWidth(other, 320)]);

  expect(await listener.session.updateMedia?.({ bitrate: 200_000 })).toEqual({ bitrate: true });
  await until('it gets less', async () => (await receivedBps(listener)) < 200_000);
  await seesWidth(listener, 160);
  await seesWidth(other, 320);

  expect(await listener.session.updateMedia?.({ bitrate: 600_000 })).toEqual({ bitrate: true });
  await seesWidth(listener, 320);
  expect(await receivedBps(listener)).toBeLessThan(600_000);

  await listener.session.updateMedia?.({ bitrate: 100_000 });
  await seesWidth(listener, 160);
  expect(await listener.session.updateMedia?.({ bitrate: 0 })).toEqual({ bitrate: true });
  await seesWidth(listener, 320);
}, 60_000);

test('a bitrate from the beginning holds from the beginning', async () => {
  const listener = await listen(200_000);
  await seesWidth(listener, 160);
  expect(await receivedBps(listener)).toBeLessThan(200_000);
}, 30_000);
