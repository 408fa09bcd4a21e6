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

const takeMs = 3000;

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
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
        const [played, ...others] = await playAll(uri ?? '');
        expect(others).toEqual([]);
        const { name = '', seconds = 0, hz = 0 } = played ?? {};
        console.info(`${engine}: ${type}, ${duration} s: ${name}, ${seconds} s, ${Math.round(hz)} Hz`);
        expect(name).toMatch(end.sdpType === 'rtp' ? /\.wav$/ : /\.mp4$/);
        expect(Math.abs(seconds - takeMs / 1000)).toBeLessThan(1);
        if (engine === 'real' && type === 'park') expect(Math.abs(hz - end.hz)).toBeLessThan(30);
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
      expect(Math.abs((played?.seconds ?? 0) - tookSeconds)).toBeLessThan(1);
    });
  });

  test('a recording goes on when the session becomes of another type', async () => {
    const held = await world.open('park', 'rtp');
    const { sessionId: session_id } = held;
    const { uri } = await record(held, 'start');
    for (const type of ['echo', 'mcu', 'park'] as const) {
      await delay(takeMs / 4);
      await world.client.request('session/set_type', { session_id, type });
    }
    await delay(takeMs / 4);
    const { duration = 0 } = await record(held, 'stop');
    const [played] = await playAll(uri ?? '');
    console.info(`${engine}: through four types, ${duration} s: ${played?.seconds} s`);
    expect(Math.abs((played?.seconds ?? 0) - duration)).toBeLessThan(1);
    await world.hangUp(held);
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
