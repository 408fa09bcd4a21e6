import fc from 'fast-check';
import videoroom from 'janode/plugins/videoroom';
import { beforeEach, describe, expect, test } from 'vitest';
import type { HandleInfo } from '../../../../lib/backends/janus/admin.ts';
import { JanusHandle } from '../../../../lib/backends/janus/handle.ts';
import { highestUnder, LayerChoice, layerBitratesBps } from '../../../../lib/backends/janus/layers.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { flush, ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';

const bytes = (lastsec: number) => ({ packets: 1, bytes: 1, bytes_lastsec: lastsec });
/** As Janus' admin API tells it of a publisher with three layers; `lastsec` of each, the lowest first. */
const publisherInfo = ([low, middle, high]: readonly [number, number, number]): HandleInfo => ({
  webrtc: {
    media: {
      '0': { type: 'audio', stats: { in: bytes(4000), out: bytes(0) } },
      '1': {
        type: 'video',
        stats: {
          in: { ...bytes(low), 'video-simulcast-1': bytes(middle), 'video-simulcast-2': bytes(high) },
          out: bytes(0),
        },
      },
      '2': { type: 'data', stats: { in: { packets: 0, bytes: 0 }, out: { packets: 0, bytes: 0 } } },
    },
  },
});

describe("a publisher's layers", () => {
  test('are read of its first video, in bit/s', () => {
    expect(layerBitratesBps(publisherInfo([12_500, 37_500, 0]))).toEqual([100_000, 300_000, 0]);
  });

  test.each([undefined, {}, { webrtc: {} }, { webrtc: { media: {} } }, { webrtc: { media: { '0': {} } } }])(
    'are none in %j',
    (info) => {
      expect(layerBitratesBps(info)).toEqual([]);
    },
  );

  test('are numbers, whatever Janus tells', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (info, media) => {
        for (const one of [info, { webrtc: { media } }, { webrtc: { media: { '0': media } } }]) {
          expect(layerBitratesBps(one).every(Number.isFinite)).toBe(true);
        }
      }),
    );
  });

  test.each([
    [200_000, [100_000, 300_000, 900_000], 0],
    [300_000, [100_000, 300_000, 900_000], 1],
    [2_000_000, [100_000, 300_000, 900_000], 2],
    [2_000_000, [100_000, 300_000, 0], 1],
    [50_000, [100_000, 300_000, 900_000], 0],
    [50_000, [], 0],
  ])('under %i of %j: number %i', (limit, layers, expected) => {
    expect(highestUnder(limit, layers)).toBe(expected);
  });
});

describe('the choice of a layer', () => {
  let clock: ManualClock;
  let layers: LayerChoice;
  /** What Janus was told to send, the last one last. */
  let substreams: unknown[];
  let info: () => Promise<HandleInfo | undefined>;
  let answer: () => Promise<void>;
  const publisher = { handle: new JanusHandle(videoroom, { status: () => {}, hangup: () => {}, detached: () => {} }) };
  const heard = [
    { type: 'audio', mid: '0', active: true },
    { type: 'video', mid: '1', active: true, simulcast: { substream: 2 } },
  ] as const;

  beforeEach(() => {
    clock = new ManualClock();
    substreams = [];
    info = async () => publisherInfo([12_500, 37_500, 112_500]);
    answer = async () => {};
    const handle: Pick<JanusHandle, 'request'> = {
      request: async ({ streams }) => {
        await answer();
        substreams.push(...(Array.isArray(streams) ? streams : []).map(({ substream }) => substream));
        return { data: {}, jsep: undefined };
      },
    };
    layers = new LayerChoice({ clock, handleInfo: () => info() }, handle, 350_000);
  });

  const follow = () => layers.follow(publisher, heard);

  test('is the highest under the limit, and follows what the publisher sends', async () => {
    await follow();
    expect(substreams).toEqual([1]);
    info = async () => publisherInfo([12_500, 62_500, 112_500]);
    await clock.advance(5000);
    expect(substreams).toEqual([1, 0]);
  });

  test('is the highest of all without a limit, and nothing is measured any more', async () => {
    await follow();
    expect(await layers.limit(0)).toBe(true);
    await clock.advance(20_000);
    expect(substreams).toEqual([1, 2, 2]);
    expect(clock.pending).toBe(0);
  });

  test('is none of a publisher without layers', async () => {
    await layers.follow(publisher, [{ type: 'video', mid: '1', active: true }]);
    expect(await layers.limit(100_000)).toBe(false);
    expect([substreams, clock.pending]).toEqual([[], 0]);
  });

  test('that was being made when the limit was lifted does not count', async () => {
    const measured = Promise.withResolvers<HandleInfo>();
    info = () => measured.promise;
    const following = follow();
    await layers.limit(0);
    measured.resolve(publisherInfo([12_500, 37_500, 112_500]));
    await following;
    await clock.advance(20_000);
    expect(substreams).toEqual([2, 2]);
  });

  test('goes on after Janus was out of reach', async () => {
    await follow();
    answer = () => Promise.reject(new PatchbayError('janus_connection_error'));
    await clock.advance(5000);
    answer = async () => {};
    info = async () => publisherInfo([12_500, 62_500, 112_500]);
    await clock.advance(5000);
    expect(substreams).toEqual([1, 0]);
  });

  test('that fails at first is made later: the listener hears its publisher all the same', async () => {
    answer = () => Promise.reject(new PatchbayError('janus_connection_error'));
    await follow();
    answer = async () => {};
    await clock.advance(5000);
    expect(substreams).toEqual([1]);
  });

  test('that is asked for and fails says so', async () => {
    await follow();
    answer = () => Promise.reject(new PatchbayError('janus_connection_error'));
    expect(await rejection(layers.limit(100_000))).toMatchObject(reason('janus_connection_error'));
  });

  test('is not begun any more after the end of its listener', async () => {
    layers.stop();
    answer = () => Promise.reject(new PatchbayError('janus_session_down'));
    await follow();
    expect(clock.pending).toBe(0);
  });

  test.each(['while it is made', 'later'])('ends with its listener, %s', async (when) => {
    const measured = Promise.withResolvers<HandleInfo>();
    if (when === 'while it is made') info = () => measured.promise;
    const following = follow();
    await flush();
    layers.stop();
    measured.resolve(publisherInfo([12_500, 37_500, 112_500]));
    await following;
    const before = substreams.length;
    await clock.advance(20_000);
    expect(substreams).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });
});
