import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allFrom,
  type HeardStream,
  heardStreams,
  type PublishedStream,
  pairStreams,
  publishedStreams,
} from '../../../../lib/backends/janus/streams.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { reason, refusal } from '../../../support/errors.ts';

const heard = (stream: Partial<HeardStream> & Pick<HeardStream, 'type' | 'mid'>): HeardStream => ({
  active: true,
  feed_id: 'ann',
  ...stream,
});
const voice = heard({ type: 'audio', mid: '0', codec: 'opus' });
const film = heard({ type: 'video', mid: '1', codec: 'vp8' });
const chat = heard({ type: 'data', mid: '2', source_ids: ['ann'] });

describe('what is published', () => {
  test('is all but what the room has no codec for', () => {
    const streams = [
      { type: 'audio', mindex: 0, mid: '0', codec: 'opus', fec: true },
      { type: 'video', mindex: 1, mid: '1', disabled: true },
      { type: 'data', mindex: 2, mid: '2' },
    ];
    expect(publishedStreams({ streams }).map(({ mid }) => mid)).toEqual(['0', '2']);
  });

  test.each([{}, { streams: {} }, { streams: [{ type: 'text', mid: '0' }] }, { streams: [{ type: 'audio' }] }])(
    'cannot be read in %j: janus_error',
    (data) => {
      expect(refusal(() => publishedStreams(data))).toMatchObject(reason('janus_error'));
    },
  );
});

describe('what is heard', () => {
  test('is not known where the answer does not say it', () => {
    expect(heardStreams({ videoroom: 'event' })).toBeUndefined();
  });

  test('is active where somebody sends it, of data too', () => {
    const unsent = { type: 'data', mid: '3', active: true };
    expect(heardStreams({ streams: [voice, { ...film, active: false }, chat, unsent] })).toMatchObject([
      { mid: '0', active: true },
      { mid: '1', active: false },
      { mid: '2', active: true },
      { mid: '3', active: false },
    ]);
  });

  test('comes from one feed, when each active stream does', () => {
    expect(allFrom('ann', [voice, film, chat])).toBe(true);
    expect(allFrom('ann', [voice, { ...film, feed_id: 'bob' }])).toBe(false);
    expect(allFrom('ann', [voice, { ...film, feed_id: 'bob', active: false }])).toBe(true);
    expect(allFrom('ann', [voice, { ...chat, source_ids: ['bob', 'ann'] }])).toBe(true);
    expect(allFrom('ann', [voice, { ...chat, source_ids: ['bob'] }])).toBe(false);
  });
});

describe('a switch', () => {
  const published = (...streams: readonly PublishedStream[]) => streams;
  const [audio, video, data] = published(
    { type: 'audio', mid: 'a', codec: 'opus' },
    { type: 'video', mid: 'v', codec: 'vp8' },
    { type: 'data', mid: 'd' },
  );

  test('puts each stream where one of its kind and codec was, in whatever order', () => {
    expect(
      pairStreams(
        [voice, film, chat],
        [data, video, audio].flatMap((one) => one ?? []),
      ),
    ).toEqual([
      { subMid: '2', mid: 'd' },
      { subMid: '1', mid: 'v' },
      { subMid: '0', mid: 'a' },
    ]);
  });

  test('of two alike keeps them apart', () => {
    const second = heard({ type: 'video', mid: '5', codec: 'vp8' });
    const streams: PublishedStream[] = [
      { type: 'video', mid: 'x', codec: 'vp8' },
      { type: 'video', mid: 'y', codec: 'vp8' },
    ];
    expect(pairStreams([film, second], streams)).toEqual([
      { subMid: '1', mid: 'x' },
      { subMid: '5', mid: 'y' },
    ]);
  });

  test.each<[string, HeardStream[], PublishedStream[]]>([
    ['another codec', [film], [{ type: 'video', mid: 'v', codec: 'vp9' }]],
    [
      'more',
      [voice],
      [
        { type: 'audio', mid: 'a', codec: 'opus' },
        { type: 'data', mid: 'd' },
      ],
    ],
    ['less', [voice, film], [{ type: 'audio', mid: 'a', codec: 'opus' }]],
    ['what is not active any more', [{ ...voice, active: false }], [{ type: 'audio', mid: 'a', codec: 'opus' }]],
  ])('to %s is none', (_, from, to) => {
    expect(pairStreams(from, to)).toBeUndefined();
  });

  test('uses each m-line and each stream exactly once', () => {
    const kind = fc.constantFrom('audio', 'video', 'data');
    const codec = fc.constantFrom('opus', 'vp8', undefined);
    const streams = fc.uniqueArray(fc.record({ type: kind, mid: fc.string(), codec }), { selector: ({ mid }) => mid });
    fc.assert(
      fc.property(streams, streams, (from, to) => {
        const pairs = pairStreams(
          from.map((stream) => ({ ...stream, active: true })),
          to,
        );
        if (!pairs) return;
        expect(pairs.map(({ subMid }) => subMid).sort()).toEqual(from.map(({ mid }) => mid).sort());
        expect(pairs.map(({ mid }) => mid).sort()).toEqual(to.map(({ mid }) => mid).sort());
      }),
    );
  });
});

test('whatever Janus says is read, or janus_error', () => {
  const one = fc.record(
    { type: fc.constantFrom('audio', 'video', 'data', 'x'), mid: fc.jsonValue(), active: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const data = fc.oneof(
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.jsonValue().map((streams) => ({ streams })),
    fc.array(fc.oneof(one, fc.jsonValue())).map((streams) => ({ streams })),
  );
  fc.assert(
    fc.property(data, (said) => {
      for (const read of [publishedStreams, heardStreams]) {
        try {
          read(said);
        } catch (error) {
          expect(error).toBeInstanceOf(PatchbayError);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
