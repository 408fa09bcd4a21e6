import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { reason, rejection } from '../support/errors.ts';
import { engineKinds } from '../support/freeswitch-backend.ts';
import { flows, hears, type Leg, useFreeSwitch } from '../support/freeswitch-stage.ts';
import { allChanges, company, placeOf } from '../support/freeswitch-walk.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

async function secondsOf(file: string): Promise<number> {
  const asked = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file];
  return Number((await run('ffprobe', asked)).stdout.trim());
}

const isSilent = (leg: Leg) => until('nothing is heard', async () => (await leg.hears(300)) === 0);

describe.each(engineKinds)('the media of a call on FreeSWITCH, the %s', (engine) => {
  const world = useFreeSwitch(engine);

  test('is silent while its audio is muted, in every type and through every change', async () => {
    const others = await company(world.stage);
    const leg = await world.stage.connected('echo');
    await hears(leg, leg);
    expect(await leg.session.updateMedia?.({ mute_audio: true, mute_data: true })).toEqual({
      mute_audio: true,
      mute_data: false,
    });
    await isSilent(leg);
    await leg.session.changeType?.(placeOf('bridge', others));
    await isSilent(others.peer);
    await hears(leg, others.peer);
    await leg.session.changeType?.(placeOf('mcu', others));
    await isSilent(others.member);
    await leg.session.updateMedia?.({ mute_audio: false });
    await hears(others.member, leg);
    await leg.session.changeType?.({ type: 'echo' });
    await hears(leg, leg);
  });

  test('is as it was asked for from the beginning', async () => {
    const media = { mute_audio: true, mute_video: true, mute_data: true, bitrate: 100_000 };
    const leg = await world.stage.connected('echo', { spec: { media } });
    await isSilent(leg);
    expect(await leg.session.updateMedia?.({ mute_video: true, bitrate: 1 })).toEqual({
      mute_video: false,
      bitrate: false,
    });
  });

  test.each([
    ['stopped', async ({ session }: Leg) => session.recorder?.stop()],
    [
      'ended by its hangup',
      async (leg: Leg) => {
        await world.bench.ask(`uuid_kill ${leg.id}`);
        await leg.session.recorder?.stop();
      },
    ],
  ] as const)('is in a file of the right length, through changes, that is whole when it is %s', async (_, end) => {
    const leg = await world.stage.connected('echo');
    const base = join(world.bench.folder, `recording-${leg.id}`);
    await leg.session.recorder?.start(base);
    const startedAtMs = performance.now();
    await delay(1000);
    await leg.session.changeType?.({ type: 'park' });
    await leg.session.changeType?.({ type: 'echo' });
    await delay(1000);
    const lastedMs = performance.now() - startedAtMs;
    await end(leg);
    const seconds = await secondsOf(`${base}-sound.wav`);
    console.info(`${engine}: recorded ${seconds} s of ${(lastedMs / 1000).toFixed(2)} s`);
    expect(Math.abs(seconds - lastedMs / 1000)).toBeLessThan(0.3);
    await leg.session.recorder?.stop();
  });

  test('of a room is in a file, whole when it is stopped or its last member has gone', async () => {
    const { stage, bench } = world;
    const room = stage.openRoom();
    const base = join(bench.folder, `room-${room.spec.mediaId}`);
    const start = (name: string) => room.recorder?.start(`${base}-${name}`) ?? Promise.resolve();
    expect(await rejection(start('0'))).toMatchObject(reason('no_room_members'));
    const leg = await stage.connected('mcu', { spec: { room } });
    await start('1');
    await delay(1500);
    await room.recorder?.stop();
    expect((await stat(`${base}-1-mix.mp4`)).size).toBeGreaterThan(1000);
    expect(Math.abs((await secondsOf(`${base}-1-mix.mp4`)) - 1.5)).toBeLessThan(0.7);
    await start('2');
    await delay(1000);
    await leg.session.close();
    await room.recorder?.stop();
    expect(await secondsOf(`${base}-2-mix.mp4`)).toBeGreaterThan(0.5);
  });

  test('has the layout that was asked for, before anybody came and after, and no other than there is', async () => {
    const { stage } = world;
    const room = stage.openRoom({ layout: '3x3' });
    await room.make();
    const leg = await stage.connected('mcu', { spec: { room } });
    await room.setLayout?.('2x2');
    for (const isJoined of [true, false]) {
      const refused = await rejection(room.setLayout?.('nope') ?? Promise.resolve());
      expect(refused).toMatchObject(reason('invalid_value'));
      expect(refused.message).toMatch(/1x1, .*2x2, .*presenter-overlap-large-bot-right/);
      if (isJoined) await leg.session.changeType?.({ type: 'park' });
    }
    await room.setLayout?.('1x2');
    await leg.session.changeType?.({ type: 'mcu', room });
    expect(await rejection(stage.openRoom({ layout: 'nope' }).make())).toMatchObject(reason('invalid_value'));
    const plain = stage.openRoom({ profile: 'audio-mcu' });
    await leg.session.changeType?.({ type: 'mcu', room: plain });
    const refused = await rejection(plain.setLayout?.('2x2') ?? Promise.resolve());
    expect(refused).toMatchObject(reason('invalid_operation'));
  });

  test('goes on through a hundred changes one right after the other', async () => {
    const others = await company(world.stage);
    const leg = await world.stage.connected('park');
    const startedAtMs = performance.now();
    const rounds = 9;
    for (let round = 0; round < rounds; round += 1) {
      for (const type of allChanges) await leg.session.changeType?.(placeOf(type, others));
      // The one that was left alone may be taken elsewhere at once.
      await others.peer.session.changeType?.({ type: 'echo' });
    }
    const eachMs = (performance.now() - startedAtMs) / (rounds * (allChanges.length + 1));
    console.info(`${engine}: ${rounds * (allChanges.length + 1)} changes, ${eachMs.toFixed(0)} ms each`);
    await leg.session.changeType?.({ type: 'echo' });
    await flows(leg);
  });
});
