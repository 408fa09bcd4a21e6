import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HearingEnd } from '../support/freeswitch-ends.ts';
import { openFreeSwitchFlow } from '../support/freeswitch-flows.ts';
import {
  engines,
  type FreeSwitchStack,
  freeSwitchTypes,
  type Held,
  startFreeSwitchStack,
} from '../support/freeswitch-stack.ts';
import { playAll } from '../support/recordings.ts';

/** So long the first picture that FreeSWITCH can decode may take in a young call. */
const firstPictureSeconds = 4.5;

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  const takeMs = engine === 'real' ? 7000 : 3000;
  let world: FreeSwitchStack;
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
  });
  afterAll(() => world?.stop());

  const record = ({ sessionId: session_id }: Held, action: 'start' | 'stop' | 'list') =>
    world.client.request('session/recorder_action', { session_id, action });

  describe.each(freeSwitchTypes)('in a session of type %s', (type) => {
    test('a recording is told of, listed, served, and plays for as long as it was made', async () => {
      const isRecorded = async (end: HearingEnd) => {
        const { held, close } = await openFreeSwitchFlow(world, type, end, world.ends.rtp);
        if (type === 'echo') await end.hears(end.hz);
        const { recording_id, uri } = await record(held, 'start');
        await delay(takeMs);
        const { duration = 0 } = await record(held, 'stop');
        const [recording, ...more] = (await record(held, 'list')).recordings ?? [];
        expect([recording, more]).toMatchObject([{ recording_id, uri, state: 'available', duration }, []]);
        const told = await world.heard.recordings(held.sessionId, 3);
        expect(told.map(({ state }) => state)).toEqual(['started', 'processing', 'available']);
        const [sound, ...pictures] = await playAll(uri ?? '');
        const { name = '', seconds = 0, hz = 0 } = sound ?? {};
        console.info(`${engine}: ${type}, ${duration} s: ${name}, ${seconds} s, ${Math.round(hz)} Hz`);
        expect(name).toBe('part-1-sound.wav');
        expect(Math.abs(seconds - takeMs / 1000)).toBeLessThan(0.5);
        if (engine === 'real' && type === 'park') expect(Math.abs(hz - end.hz)).toBeLessThan(30);
        expect(pictures.map((picture) => picture.name)).toEqual(end.sdpType === 'rtp' ? [] : ['part-1-call.mp4']);
        for (const picture of pictures) {
          console.info(`${engine}: ${type}, ${duration} s: ${picture.name}, ${picture.seconds} s`);
          expect(picture.seconds).toBeLessThan(takeMs / 1000 + 0.5);
          const late = engine === 'real' ? firstPictureSeconds : 0;
          expect(picture.seconds).toBeGreaterThan(takeMs / 1000 - late - 0.5);
        }
        await close();
      };
      await Promise.all([world.ends.rtp(), world.camera()].map(async (end) => isRecorded(await end)));
    });

    test('one asked for at create is complete before the session is over', async () => {
      const { held, close } = await openFreeSwitchFlow(world, type, await world.ends.rtp(), world.ends.rtp, {
        record: true,
      });
      await world.heard.recordings(held.sessionId, 1);
      const startedAtMs = performance.now();
      const [{ uri } = { uri: '' }] = (await record(held, 'list')).recordings ?? [];
      await delay(takeMs / 2);
      await close();
      expect(await world.heard.endings(held.sessionId)).toEqual(['user_stop']);
      const tookSeconds = (performance.now() - startedAtMs) / 1000;
      const told = world.heard.of(held.sessionId).map(({ type: name, body }) => body.state ?? name);
      expect(told.slice(-3)).toEqual(['processing', 'available', 'destroyed']);
      const [played] = await playAll(uri);
      expect(Math.abs((played?.seconds ?? 0) - tookSeconds)).toBeLessThan(0.5);
    });
  });

  test('a recording that is over before the first picture has its sound', async () => {
    const held = await world.openWith(await world.camera(), 'park');
    await delay(engine === 'real' ? 1000 : 0);
    const { uri = '' } = await record(held, 'start');
    await delay(1000);
    await record(held, 'stop');
    const [sound, ...pictures] = await playAll(uri);
    console.info(`${engine}: ${sound?.name}, ${sound?.seconds} s, and ${pictures.length} pictures`);
    expect(sound?.name).toBe('part-1-sound.wav');
    expect(Math.abs((sound?.seconds ?? 0) - 1)).toBeLessThan(0.5);
    expect((await record(held, 'list')).recordings).toMatchObject([{ state: 'available' }]);
    await world.hangUp(held);
  });

  test.each([
    ['plain RTP', () => world.ends.rtp()],
    ['a camera', () => world.camera()],
  ])('a recording of %s goes on without a loss when the session becomes of another type', async (_, open) => {
    const held = await world.openWith(await open(), 'park');
    const peer = await world.open('park', 'rtp', { stop_after_peer: false });
    const taken = await Promise.all(
      [held, peer].map(async (one) => {
        const { uri = '' } = await record(one, 'start');
        return { one, uri, startedAtMs: performance.now() };
      }),
    );
    await delay(750);
    const wishes = [
      { type: 'echo' },
      { type: 'mcu' },
      { type: 'bridge', peer_id: peer.sessionId },
      { type: 'park' },
    ] as const;
    for (const wish of wishes) {
      await world.client.request('session/set_type', { session_id: held.sessionId, ...wish });
      await delay(750);
    }
    for (const { one, uri, startedAtMs } of taken) {
      const lastedSeconds = (performance.now() - startedAtMs) / 1000;
      const { duration = 0 } = await record(one, 'stop');
      const [sound] = await playAll(uri);
      console.info(
        `${engine}: through four changes, ${duration} of ${lastedSeconds} s: ${sound?.name}, ${sound?.seconds} s`,
      );
      expect(Math.abs(duration - lastedSeconds)).toBeLessThan(0.3);
      expect(sound?.name).toBe('part-1-sound.wav');
      expect(Math.abs((sound?.seconds ?? 0) - duration)).toBeLessThan(0.5);
    }
    await world.hangUp(held, peer);
  });

  test('a second start and a stop of nothing are refused', async () => {
    const held = await world.open('echo', 'rtp');
    await expect(record(held, 'stop')).rejects.toMatchObject({ reason: 'no_active_recorder' });
    await record(held, 'start');
    await expect(record(held, 'start')).rejects.toMatchObject({ reason: 'invalid_state' });
    await record(held, 'stop');
    await world.hangUp(held);
  });

  test('nothing is left of all these sessions, and each has told of its end once, without a gap before it', async () => {
    expect(await world.faulty()).toEqual([]);
  });
});
