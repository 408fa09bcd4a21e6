import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { reason, rejection } from '../support/errors.ts';
import { dataFlows, flows, getsData, inbound, isSilent, useStage } from '../support/janus-stage.ts';
import { received } from '../support/media-ends.ts';
import { nextPicture } from '../support/picture.ts';
import { until } from '../support/until.ts';
import { sentBps } from '../support/wrtc.ts';

const run = promisify(execFile);

const on = useStage();

describe('mute', () => {
  test('of a publisher: nobody hears, sees or reads it until it is lifted', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone(), on.stage.picture()], {
      hasData: true,
    });
    const listener = await on.stage.listen(publisher.session);
    await flows(listener, 'audio');
    await flows(listener, 'video');
    await dataFlows(publisher, listener, 'before');

    const muted = { mute_audio: true, mute_video: true, mute_data: true };
    expect(await publisher.session.updateMedia?.(muted)).toEqual(muted);
    await isSilent(listener, 'audio');
    await isSilent(listener, 'video');
    expect(await getsData(publisher, listener, 'muted')).toBe(false);

    await publisher.session.updateMedia?.({ mute_audio: false, mute_video: false, mute_data: false });
    await flows(listener, 'audio');
    await nextPicture(received(listener.peerConnection, 'video'));
    await dataFlows(publisher, listener, 'after');
  });

  test('of a listener: it alone gets nothing', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone(), on.stage.picture()], {
      hasData: true,
    });
    const [muted, other] = [await on.stage.listen(publisher.session), await on.stage.listen(publisher.session)];
    await dataFlows(publisher, muted, 'before');
    const all = { mute_audio: true, mute_video: true, mute_data: true };
    expect(await muted.session.updateMedia?.(all)).toEqual(all);
    await isSilent(muted, 'audio');
    await isSilent(muted, 'video');
    expect(await getsData(publisher, muted, 'muted')).toBe(false);
    expect(other.messages).toContain('muted');
    await flows(other, 'audio');
    await flows(other, 'video');
    await muted.session.updateMedia?.({ mute_audio: false, mute_video: false, mute_data: false });
    await flows(muted, 'audio');
    await nextPicture(received(muted.peerConnection, 'video'));
    await dataFlows(publisher, muted, 'after');
  });

  test('from the beginning holds back all', async () => {
    const media = { mute_audio: true, mute_data: true };
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone(), on.stage.picture()], {
      hasData: true,
      media,
    });
    const listener = await on.stage.listen(publisher.session);
    await flows(listener, 'video');
    expect(await inbound(listener, 'audio')).toBe(0);
    expect(await getsData(publisher, listener, 'muted')).toBe(false);
    const mutedListener = await on.stage.listen(publisher.session, { mute_video: true });
    await delay(1000);
    expect(await inbound(mutedListener, 'video')).toBe(0);
  });
});

describe('bitrate', () => {
  const noise = () => on.stage.picture({ isNoisy: true, width: 640, height: 480 });

  test('of a publisher is obeyed within 10 s, and lifted by 0', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [noise()]);
    await until('it sends much', async () => (await sentBps(publisher.peerConnection)) > 400_000, 20_000);
    expect(await publisher.session.updateMedia?.({ bitrate: 200_000 })).toEqual({ bitrate: true });
    await until('it sends less', async () => (await sentBps(publisher.peerConnection)) < 220_000);
    await publisher.session.updateMedia?.({ bitrate: 0 });
    await until('it sends much again', async () => (await sentBps(publisher.peerConnection)) > 400_000, 20_000);
  });

  test('of a room holds for a publisher that asks for more', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom({ bitrateBps: 200_000 }), [noise()], {
      media: { bitrate: 2_000_000 },
    });
    await delay(4000);
    expect(await sentBps(publisher.peerConnection)).toBeLessThan(220_000);
    await publisher.session.updateMedia?.({ bitrate: 0 });
    await delay(4000);
    expect(await sentBps(publisher.peerConnection)).toBeLessThan(220_000);
  });

  test('of a listener is not applied where the publisher has no layers', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.picture()]);
    const listener = await on.stage.listen(publisher.session);
    expect(await listener.session.updateMedia?.({ bitrate: 100_000 })).toEqual({ bitrate: false });
  });
});

describe('recording', () => {
  const seconds = async (file: string) =>
    Number(
      (await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file])).stdout.trim(),
    );

  test('writes a file a medium, complete when stop resolves, and can begin again elsewhere', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone(), on.stage.picture()], {
      hasData: true,
    });
    const listener = await on.stage.listen(publisher.session);
    await flows(listener, 'audio');
    for (const part of ['one', 'two']) {
      const folder = join(on.bench.folder, 'recordings', part);
      await mkdir(folder, { recursive: true });
      await listener.session.recorder?.start(join(folder, 'take'));
      const startedAtMs = performance.now();
      await delay(3000);
      await listener.session.recorder?.stop();
      const tookSeconds = (performance.now() - startedAtMs) / 1000;
      expect((await readdir(folder)).sort()).toEqual(['take-audio-0.mjr', 'take-data-2.mjr', 'take-video-1.mjr']);
      for (const [from, to] of [
        ['take-audio-0.mjr', 'take.opus'],
        ['take-video-1.mjr', 'take.webm'],
      ] as const) {
        await run('janus-pp-rec', [join(folder, from), join(folder, to)]);
        expect(Math.abs((await seconds(join(folder, to))) - tookSeconds)).toBeLessThan(1);
      }
    }
  });

  test.each(['publisher is closed', 'client hangs up'])(
    'is complete when its %s, and has nothing left to stop, nor begins again',
    async (end) => {
      const folder = join(on.bench.folder, 'recordings', end.replaceAll(' ', '-'));
      await mkdir(folder, { recursive: true });
      const { session, sink, peerConnection } = await on.stage.publish(on.stage.openRoom(), [on.stage.tone()]);
      await session.recorder?.start(join(folder, 'take'));
      await delay(2000);
      if (end === 'client hangs up') {
        peerConnection.close();
        await until('it is told', () => sink.why);
      }
      await session.close();
      await run('janus-pp-rec', [join(folder, 'take-audio-0.mjr'), join(folder, 'take.opus')]);
      expect(await seconds(join(folder, 'take.opus'))).toBeGreaterThan(1);
      await session.recorder?.stop();
      const again = session.recorder?.start(join(folder, 'again')) ?? Promise.resolve();
      expect(await rejection(again)).toMatchObject(reason('janus_session_down'));
    },
  );
});
