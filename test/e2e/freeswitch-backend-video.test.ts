import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { MediaSession, MediaSpec } from '../../lib/backends/backend.ts';
import { engineKinds } from '../support/freeswitch-backend.ts';
import { isThere, useFreeSwitch } from '../support/freeswitch-stage.ts';
import { connected, received } from '../support/media-ends.ts';
import { nextPicture, openPicture } from '../support/picture.ts';
import { offer } from '../support/sdp.ts';
import { grows, stops, until } from '../support/until.ts';
import { newPeerConnection, openTone, rtpBytes, sentBps } from '../support/wrtc.ts';

const run = promisify(execFile);

/** A client with a camera: of the double, which has no media, only its description. */
interface Camera {
  readonly session: MediaSession;
  readonly id: string;
  readonly peerConnection: RTCPeerConnection | undefined;
  readonly close: () => void;
}

describe.each(engineKinds)('the video of a call on FreeSWITCH, the %s', (engine) => {
  const world = useFreeSwitch(engine);

  async function camera(
    type: 'park' | 'echo' | 'mcu',
    spec: Partial<MediaSpec> = {},
    isNoisy = false,
  ): Promise<Camera> {
    const { session, id } = world.stage.open(type, spec);
    if (engine === 'double') {
      await session.acceptOffer?.(offer);
      await isThere({ session });
      return { session, id, peerConnection: undefined, close: () => {} };
    }
    const [tone, picture] = [openTone(), openPicture({ width: 640, height: 480, isNoisy })];
    const peerConnection = newPeerConnection();
    for (const track of [...tone.stream.getTracks(), picture.track]) peerConnection.addTrack(track);
    const { sdp = '' } = await peerConnection.createOffer();
    await peerConnection.setLocalDescription({ type: 'offer', sdp });
    const answer = await session.acceptOffer?.({ sdp, sdp_type: 'webrtc', trickle_ice: false });
    await peerConnection.setRemoteDescription({ type: 'answer', sdp: answer?.sdp ?? '' });
    await connected(peerConnection);
    await isThere({ session });
    const close = () => {
      peerConnection.close();
      tone.stop();
      picture.stop();
    };
    return { session, id, peerConnection, close };
  }

  const channel = ({ id }: Camera) => world.bench.double.channels().find(({ uuid }) => uuid === id);
  const bytes = (peerConnection: RTCPeerConnection) => () => rtpBytes(peerConnection, 'inbound', 'video');
  const isSeen = async (one: Camera, by = one) => {
    const { peerConnection } = by;
    if (!peerConnection) return expect(channel(one)?.videoMuted).toBe(false);
    await grows('video', bytes(peerConnection), 2000, 15_000);
  };
  const isNotSeen = async (one: Camera, by = one) => {
    const { peerConnection } = by;
    if (!peerConnection) return expect(channel(one)?.videoMuted).toBe(true);
    await stops('video', bytes(peerConnection), 1500, 15_000);
  };

  test('is not passed on while it is muted, in echo and bridge and through changes', async () => {
    const [one, other] = [await camera('echo'), await camera('park')];
    await isSeen(one);
    expect(await one.session.updateMedia?.({ mute_video: true })).toEqual({ mute_video: true });
    await isNotSeen(one);
    await one.session.changeType?.({ type: 'bridge', peer: other.session });
    await isNotSeen(one, other);
    await isSeen(other, one);
    await one.session.updateMedia?.({ mute_video: false });
    await isSeen(one, other);
    await one.session.updateMedia?.({ mute_video: true });
    await isNotSeen(one, other);
    await one.session.changeType?.({ type: 'echo' });
    await isNotSeen(one);
    await one.session.updateMedia?.({ mute_video: false });
    await isSeen(one);
    for (const { close } of [one, other]) close();
  });

  test('stays muted from a room to an echo, and is there again when it is unmuted', async () => {
    const room = world.stage.openRoom();
    const one = await camera('mcu', { room });
    await one.session.updateMedia?.({ mute_video: true });
    await one.session.changeType?.({ type: 'echo' });
    await isNotSeen(one);
    await one.session.changeType?.({ type: 'mcu', room });
    await one.session.updateMedia?.({ mute_video: false });
    await one.session.changeType?.({ type: 'echo' });
    await isSeen(one);
    one.close();
  });

  test('keeps to its limit, and to that of its room, and is free again', async () => {
    const room = world.stage.openRoom({ bitrateBps: 150_000 });
    const one = await camera('echo', {}, true);
    const below = async (bps: number, double: string) => {
      const { peerConnection } = one;
      if (!peerConnection) return expect(channel(one)?.videoBitrate).toBe(double);
      await until(`less than ${bps} bit/s`, async () => (await sentBps(peerConnection, 'video', 1000)) < bps, 15_000);
    };
    const above = async (bps: number, double: string) => {
      const { peerConnection } = one;
      if (!peerConnection) return expect(channel(one)?.videoBitrate).toBe(double);
      await until(`more than ${bps} bit/s`, async () => (await sentBps(peerConnection, 'video', 1000)) > bps, 30_000);
    };
    await one.session.updateMedia?.({ bitrate: 200_000 });
    await below(300_000, '200kb');
    await one.session.changeType?.({ type: 'mcu', room });
    await below(220_000, '150kb');
    await one.session.changeType?.({ type: 'echo' });
    if (engine === 'double') expect(channel(one)?.videoBitrate).toBe('200kb');
    await one.session.updateMedia?.({ bitrate: 0 });
    await above(280_000, '3000kb');
    one.close();
  });

  test('is in the recording', async () => {
    const one = await camera('echo');
    const base = join(world.bench.folder, `video-${one.id}`);
    // Of a young call there may be no whole picture for as long as it is recorded.
    await delay(engine === 'double' ? 0 : 2000);
    await one.session.recorder?.start(base);
    const startedAtMs = performance.now();
    await delay(6000);
    const lastedMs = performance.now() - startedAtMs;
    await one.session.recorder?.stop();
    const asked = [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_type:format=duration',
      '-of',
      'json',
      `${base}-call.mp4`,
    ];
    const { stdout } = await run('ffprobe', asked);
    const { streams, format } = JSON.parse(stdout) as {
      streams: { codec_type: string }[];
      format: { duration: string };
    };
    console.info(`${engine}: mp4 of ${format.duration} s for ${(lastedMs / 1000).toFixed(2)} s`);
    // It begins with the first whole picture that comes, up to some seconds later where the machine is busy.
    expect(Number(format.duration)).toBeGreaterThan(1);
    expect(Number(format.duration)).toBeLessThan(lastedMs / 1000 + 0.5);
    if (engine === 'real') expect(streams.map(({ codec_type }) => codec_type).sort()).toEqual(['audio', 'video']);
    one.close();
  });

  test('of a room is arranged as it was asked for', async () => {
    const room = world.stage.openRoom({ layout: '1x1' });
    const one = await camera('mcu', { room });
    await room.setLayout?.('2x2');
    if (one.peerConnection) {
      const { width, height } = await nextPicture(received(one.peerConnection, 'video'), 10_000);
      expect([width > 0, height > 0]).toEqual([true, true]);
    } else {
      expect(world.bench.double.conferences()[0]?.layout).toBe('2x2');
    }
    one.close();
  });
});
