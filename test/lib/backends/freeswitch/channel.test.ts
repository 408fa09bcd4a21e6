import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FreeSwitchChannel, type Place } from '../../../../lib/backends/freeswitch/channel.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { reason, refusal, rejection } from '../../../support/errors.ts';

let places: Place[];
let ends: string[];
let channel: FreeSwitchChannel;
beforeEach(() => {
  places = [];
  ends = [];
  channel = new FreeSwitchChannel('a', { moved: (place) => places.push(place), gone: (cause) => ends.push(cause) });
});
afterEach(() => {
  vi.useRealTimers();
});

const late = () => new PatchbayError('timeout');
const isParked = ({ kind }: Place) => kind === 'parked';
const hungUp = { kind: 'hung up', id: 'a', cause: 'MEDIA_TIMEOUT' } as const;

describe('a channel', () => {
  test('is where its events say', () => {
    expect(channel.place).toEqual({ kind: 'none' });
    channel.told({ kind: 'echoing', id: 'a' });
    channel.told({ kind: 'bridged', id: 'b', peerId: 'a' });
    channel.told({ kind: 'joined', id: 'a', room: 'r', conferenceId: 'u', member: 3 });
    expect(places).toEqual([
      { kind: 'echoing' },
      { kind: 'bridged', peerId: 'b' },
      { kind: 'joined', room: 'r', conferenceId: 'u', member: 3 },
    ]);
    expect(channel.place).toEqual(places[2]);
  });

  test('is not where an event says that was overtaken by a later one', () => {
    channel.told({ kind: 'parked', id: 'a' }, 8);
    channel.told({ kind: 'echoing', id: 'a' }, 7);
    expect(places).toEqual([{ kind: 'parked' }]);
    channel.told({ kind: 'echoing', id: 'a' }, 9);
    expect(channel.place).toEqual({ kind: 'echoing' });
  });

  test('ends once, and is silent then, even if its end was overtaken', () => {
    channel.told({ kind: 'parked', id: 'a' }, 8);
    channel.told(hungUp, 7);
    channel.told(hungUp, 9);
    channel.end('lost');
    channel.told({ kind: 'parked', id: 'a' }, 10);
    channel.found({ kind: 'echoing' });
    expect([ends, places]).toEqual([['MEDIA_TIMEOUT'], [{ kind: 'parked' }]]);
    expect([channel.isGone, channel.isLost]).toEqual([true, false]);
  });

  test('is lost when FreeSWITCH did not say that it ended', () => {
    channel.end('out of reach');
    expect([ends, channel.isGone, channel.isLost]).toEqual([['out of reach'], true, true]);
    expect(refusal(() => channel.requireThere())).toMatchObject(reason('fs_channel_stop'));
  });
});

describe('who waits for a channel', () => {
  test('is told when it gets there from now on', async () => {
    channel.told({ kind: 'parked', id: 'a' });
    let isThere = false;
    const there = channel.reaches(isParked, late).then(() => {
      isThere = true;
    });
    channel.told({ kind: 'echoing', id: 'a' });
    await Promise.resolve();
    expect(isThere).toBe(false);
    channel.told({ kind: 'parked', id: 'a' });
    await there;
  });

  test('is told when it does not get there in time, or ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waiting = rejection(channel.reaches(isParked, late, 100));
    await vi.advanceTimersByTimeAsync(100);
    expect(await waiting).toMatchObject(reason('timeout'));
    const another = rejection(channel.reaches(isParked, late));
    channel.told(hungUp);
    expect(await another).toMatchObject(reason('fs_channel_stop'));
    expect(await rejection(channel.reaches(isParked, late))).toMatchObject(reason('fs_channel_stop'));
    expect(vi.getTimerCount()).toBe(0);
  });
});
