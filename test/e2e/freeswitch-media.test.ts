import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput, SessionFields } from '../../lib/client/index.ts';
import type { HearingEnd } from '../support/freeswitch-ends.ts';
import { openFreeSwitchFlow } from '../support/freeswitch-flows.ts';
import {
  engines,
  type FreeSwitchStack,
  type FreeSwitchType,
  freeSwitchTypes,
  type Held,
  startFreeSwitchStack,
} from '../support/freeswitch-stack.ts';
import { received } from '../support/media-ends.ts';
import { nextPicture } from '../support/picture.ts';
import { stops, until } from '../support/until.ts';
import { rtpBytes, sentBps } from '../support/wrtc.ts';

const limitBps = 200_000;
/** What the noise takes where nothing limits it. */
const muchBps = 400_000;

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  /** Where the media of a voice is measured: the double has it for plain RTP only. */
  const kind = engine === 'double' ? 'rtp' : 'webrtc';
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
  });
  afterAll(() => world?.stop());

  const update = ({ sessionId: session_id }: Held, data: Omit<CommandInput<'session/update_media'>, 'session_id'>) =>
    world.client.request('session/update_media', { session_id, ...data });
  const setType = ({ sessionId: session_id }: Held, type: FreeSwitchType) =>
    world.client.request('session/set_type', { session_id, type });

  const open = (type: FreeSwitchType, end: HearingEnd, other: () => Promise<HearingEnd>, fields: SessionFields = {}) =>
    openFreeSwitchFlow(world, type, end, other, fields);
  /** Lets what is muted in park be looked for. */
  const look = async (held: Held) => {
    if ((await world.info(held)).type === 'park') await setType(held, 'echo');
  };

  describe.concurrent.each(freeSwitchTypes)('in a session of type %s', (type) => {
    test('audio is muted, and comes back', async () => {
      const { held, receiver, close } = await open(type, await world.ends[kind](), world.ends.rtp);
      if (type !== 'park') await receiver.hears(held.end.hz);
      expect(await update(held, { mute_audio: true })).toEqual({ applied: { mute_audio: true } });
      await look(held);
      await receiver.hearsNothing();
      expect(await world.info(held)).toMatchObject({ mute_audio: true, mute_video: false });
      expect(await update(held, { mute_audio: false })).toEqual({ applied: { mute_audio: true } });
      await receiver.hears(held.end.hz);
      await close();
    });

    test('muted at create, it counts from the start', async () => {
      const muted = { mute_audio: true, mute_data: true, bitrate: limitBps };
      const { held, receiver, close } = await open(type, await world.ends[kind](), world.ends.rtp, muted);
      await look(held);
      await receiver.hearsNothing();
      expect(await world.info(held)).toMatchObject({ mute_audio: true, mute_data: false });
      await update(held, { mute_audio: false });
      await receiver.hears(held.end.hz);
      await close();
    });

    test('without video nothing of it is limited or muted, whatever was asked for at create', async () => {
      const asked = { mute_video: true, bitrate: limitBps };
      const { held, close } = await open(type, await world.ends.rtp(), world.ends.rtp, asked);
      expect(await world.info(held)).toMatchObject({ mute_video: false, bitrate: 0 });
      expect(await update(held, asked)).toEqual({ applied: { mute_video: false, bitrate: false } });
      await close();
    });

    test('video is muted, and comes back', async () => {
      const camera = await world.camera({ color: 'red' });
      // A member of a room without another camera sees itself.
      const other = type === 'mcu' ? world.ends.rtp : () => world.camera({ color: 'blue' });
      const { held, receiver, close } = await open(type, camera, other, type === 'mcu' ? { layout: '1x1' } : {});
      const { peerConnection } = type === 'mcu' ? camera : receiver;
      const sees = async (color: string) =>
        peerConnection && (await nextPicture(received(peerConnection, 'video'))).color === color;
      const isSeen = () => until('it is seen', async () => engine === 'double' || sees('red').catch(() => false));
      if (type !== 'park') await isSeen();
      expect(await update(held, { mute_video: true })).toEqual({ applied: { mute_video: true } });
      await look(held);
      if (type === 'mcu') await until('it is not seen', async () => engine === 'double' || sees('grey'));
      else if (peerConnection) await stops('video', () => rtpBytes(peerConnection, 'inbound', 'video'));
      expect(await world.info(held)).toMatchObject({ mute_audio: false, mute_video: true });
      expect(await update(held, { mute_video: false })).toEqual({ applied: { mute_video: true } });
      await isSeen();
      await close();
    });
  });

  // One after another: each takes a good part of the machine.
  test.each(freeSwitchTypes)('the bitrate of a session of type %s is limited, and the limit lifted', async (type) => {
    const camera = await world.camera({ isNoisy: true });
    const { held, close } = await open(type, camera, world.ends.rtp, { bitrate: limitBps });
    const { peerConnection } = camera;
    const sends = async (what: string, fits: (bps: number) => boolean) => {
      let bps = 0;
      const isSo = async () => {
        if (!peerConnection) return true;
        bps = await sentBps(peerConnection);
        return fits(bps);
      };
      await until(what, isSo, 20_000).catch(() => expect(bps, what).toBe('otherwise'));
    };
    // An encoder overshoots a little.
    const isLimited = (bps: number) => bps < 1.1 * limitBps;
    await sends('it sends little', isLimited);
    expect(await update(held, { bitrate: 0 })).toEqual({ applied: { bitrate: true } });
    await sends('it sends much', (bps) => bps > muchBps);
    const limitedAtMs = performance.now();
    expect(await update(held, { bitrate: limitBps })).toEqual({ applied: { bitrate: true } });
    await sends('it sends less', isLimited);
    console.info(`${engine}: ${type}: limited after ${((performance.now() - limitedAtMs) / 1000).toFixed(1)} s`);
    expect(await world.info(held)).toMatchObject({ bitrate: limitBps });
    await close();
  });

  test('nothing is left of all these sessions, and each has told of its end once, without a gap before it', async () => {
    expect(await world.faulty()).toEqual([]);
  });
});
