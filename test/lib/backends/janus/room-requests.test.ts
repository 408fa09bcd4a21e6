import { describe, expect, test } from 'vitest';
import {
  clampBps,
  configureStreams,
  createRoom,
  destroyRoom,
  publish,
  publisherUpdate,
  replaceStreams,
  subscribe,
  switchStreams,
} from '../../../../lib/backends/janus/room-requests.ts';
import { roomSpec } from '../../../support/janus-backend.ts';

describe('a room', () => {
  const spec = roomSpec({ mediaId: 'room', maxPublishers: 3, audioCodec: 'pcmu', videoCodec: 'h264' });

  test('is made with its codecs, listed with its mark, and gone with Janus', () => {
    expect(createRoom(spec, 'patchbay n1')).toEqual({
      request: 'create',
      room: 'room',
      description: 'patchbay n1',
      is_private: false,
      permanent: false,
      publishers: 3,
      audiocodec: 'pcmu',
      videocodec: 'h264',
      notify_joining: false,
    });
    expect(destroyRoom('room')).toEqual({ request: 'destroy', room: 'room', permanent: false });
  });

  test('caps its publishers where it has a bitrate', () => {
    expect(createRoom({ ...spec, bitrateBps: 64_000 }, '')).toMatchObject({ bitrate: 64_000, bitrate_cap: true });
  });
});

describe("a publisher's bitrate", () => {
  test.each([
    [0, 0, 0],
    [100, 0, 100],
    [0, 500, 500],
    [100, 500, 100],
    [500, 500, 500],
    [900, 500, 500],
  ])('of %i in a room with %i is %i', (own, room, bps) => {
    expect(clampBps(own, room)).toBe(bps);
  });
});

describe('a publisher', () => {
  test('joins and publishes in one request', () => {
    expect(publish('room', 'feed', 0)).toEqual({
      request: 'joinandconfigure',
      ptype: 'publisher',
      room: 'room',
      id: 'feed',
      bitrate: 0,
    });
  });

  test.each([
    [{}, {}],
    [
      { mute_audio: true, mute_data: false },
      { audio: false, data: true },
    ],
    [{ mute_video: true }, { video: false, keyframe: false }],
    [{ mute_video: false }, { video: true, keyframe: true }],
    [{ bitrate: 0 }, { bitrate: 500 }],
    [{ mute_audio: undefined, bitrate: 100 }, { bitrate: 100 }],
  ])('changes by %j: %j', (change, body) => {
    expect(publisherUpdate(change, 500)).toEqual(body);
  });
});

describe('a listener', () => {
  test('gets all of a feed', () => {
    expect(subscribe('room', 'feed')).toEqual({
      request: 'join',
      ptype: 'subscriber',
      room: 'room',
      autoupdate: false,
      streams: [{ feed: 'feed' }],
    });
  });

  test('switches stream by stream', () => {
    expect(switchStreams('feed', [{ subMid: '0', mid: 'a' }])).toEqual({
      request: 'switch',
      streams: [{ feed: 'feed', mid: 'a', sub_mid: '0' }],
    });
  });

  test('gets others instead, of which each is sent or not', () => {
    expect(replaceStreams(['0'], 'feed', [{ mid: 'a', send: false }])).toEqual({
      request: 'update',
      unsubscribe: [{ sub_mid: '0' }],
      subscribe: [{ feed: 'feed', mid: 'a', send: false }],
    });
    // Janus refuses an empty list.
    expect(replaceStreams([], 'feed', [{ mid: 'a', send: true }])).not.toHaveProperty('unsubscribe');
  });

  test('has each stream set', () => {
    const streams = [{ mid: '1', send: true, substream: 0, temporal: 2 }];
    expect(configureStreams(streams)).toEqual({ request: 'configure', streams });
  });
});
