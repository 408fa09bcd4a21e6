import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FreeSwitchChannel } from '../../../../lib/backends/freeswitch/channel.ts';
import { Mover } from '../../../../lib/backends/freeswitch/moves.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeConnection, idOf } from '../../../support/freeswitch/fake-connection.ts';

let freeSwitch: FakeConnection;
let one: FreeSwitchChannel;
let other: FreeSwitchChannel;
let mover: Mover;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  freeSwitch = new FakeConnection();
  one = freeSwitch.channel(1);
  other = freeSwitch.channel(2);
  mover = new Mover(freeSwitch.connection, one);
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const [a, b] = [idOf(1), idOf(2)];
const park = (channel: FreeSwitchChannel) => channel.found({ kind: 'parked' });
const bridged = () => {
  one.found({ kind: 'bridged', peerId: b });
  other.found({ kind: 'bridged', peerId: a });
};
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe('a move', () => {
  test('is made when its event has come, not when FreeSWITCH says +OK', async () => {
    let isDone = false;
    const moving = mover.echo().then(() => {
      isDone = true;
    });
    await settle(100);
    expect([freeSwitch.asked, isDone]).toEqual([[`uuid_transfer ${a} echo inline`], false]);
    one.found({ kind: 'echoing' });
    await moving;
  });

  test('to where it is already asks nothing', async () => {
    await mover.park();
    bridged();
    await mover.bridge(other);
    expect(freeSwitch.asked).toEqual([]);
  });

  test('whose event never comes parks it, and fails', async () => {
    const failed = rejection(mover.echo());
    await settle(2000);
    expect(freeSwitch.asked.at(-1)).toBe(`uuid_park ${a}`);
    park(one);
    await settle();
    expect(await failed).toMatchObject(reason('fs_transfer_error'));
    expect(one.place).toEqual({ kind: 'parked' });
  });

  test('after which it is not even parked leaves it nowhere, from where any move asks', async () => {
    const failed = rejection(mover.echo());
    await settle(4000);
    expect(await failed).toMatchObject(reason('fs_transfer_error'));
    expect(one.place).toEqual({ kind: 'none' });
    const moving = mover.park();
    await settle();
    park(one);
    await moving;
  });

  test('that FreeSWITCH refuses parks it, and fails as it said', async () => {
    freeSwitch.answer = (command) => {
      if (command.includes('echo')) throw new PatchbayError('fs_transfer_error', 'no');
      setTimeout(() => park(one), 10);
      return '+OK';
    };
    const failed = rejection(mover.echo());
    await settle(2000);
    expect((await failed).message).toBe('no');
  });

  test('of a channel that ends meanwhile fails at once, and touches it no more', async () => {
    const failed = rejection(mover.echo());
    await settle(10);
    one.end('gone');
    await settle();
    expect(await failed).toMatchObject(reason('fs_channel_stop'));
    expect(freeSwitch.asked).toHaveLength(1);
    expect(await rejection(mover.park())).toMatchObject(reason('fs_channel_stop'));
  });
});

describe('a channel that could not be parked after a move that failed', () => {
  test.each([
    ['because FreeSWITCH is out of reach', () => Promise.reject(new PatchbayError('fs_error'))],
    ['because its event does not come', () => '+OK'],
  ])('is astray, %s, until it is moved', async (_, answer: () => string | Promise<string>) => {
    freeSwitch.answer = answer;
    const failed = rejection(mover.echo());
    await settle(4000);
    await failed;
    expect(one.isAstray).toBe(true);
    freeSwitch.answer = () => '+OK';
    const moving = mover.echo();
    await settle();
    one.found({ kind: 'echoing' });
    await moving;
    expect(one.isAstray).toBe(false);
  });

  test('but was, is not', async () => {
    const failed = rejection(mover.echo());
    await settle(2000);
    park(one);
    await settle();
    await failed;
    expect(one.isAstray).toBe(false);
  });
});

describe('a bridge', () => {
  test('takes effect when it is told, and some moments more', async () => {
    let isDone = false;
    const moving = mover.bridge(other).then(() => {
      isDone = true;
    });
    await settle();
    bridged();
    await settle(10);
    expect([freeSwitch.asked, isDone]).toEqual([[`uuid_bridge ${a} ${b}`], false]);
    await settle(30);
    await moving;
  });

  test('with itself is refused, and never reaches FreeSWITCH', async () => {
    expect(await rejection(mover.bridge(one))).toMatchObject(reason('invalid_value'));
    expect(freeSwitch.asked).toEqual([]);
  });

  test('that does not come parks both', async () => {
    const failed = rejection(mover.bridge(other));
    await settle(2000);
    expect(freeSwitch.asked.slice(1).sort()).toEqual([`uuid_park ${a}`, `uuid_park ${b}`]);
    park(one);
    park(other);
    await settle();
    expect(await failed).toMatchObject(reason('fs_bridge_error'));
  });

  test.each(['one', 'the other'])(
    'takes %s from another partner, who is waited for until it is parked',
    async (who) => {
      const third = freeSwitch.channel(3);
      const taken = who === 'one' ? one : other;
      taken.found({ kind: 'bridged', peerId: third.id });
      third.found({ kind: 'bridged', peerId: taken.id });
      let isDone = false;
      const moving = mover.bridge(other).then(() => {
        isDone = true;
      });
      await settle();
      bridged();
      await settle(100);
      expect(isDone).toBe(false);
      park(third);
      await settle(30);
      await moving;
    },
  );
});

describe('whom its partner leaves', () => {
  test('is waited for, and parked by us if FreeSWITCH does not', async () => {
    bridged();
    const failed = rejection(mover.echo());
    await settle();
    one.found({ kind: 'echoing' });
    await settle(2000);
    expect(freeSwitch.asked.slice(1).sort()).toEqual([`uuid_park ${a}`, `uuid_park ${b}`]);
    park(one);
    park(other);
    await settle();
    expect(await failed).toMatchObject(reason('fs_transfer_error'));
  });

  test('by its end is moved only when FreeSWITCH has parked it', async () => {
    bridged();
    other.end('gone');
    const moving = mover.echo();
    await settle(50);
    expect(freeSwitch.asked).toEqual([]);
    park(one);
    await settle();
    one.found({ kind: 'echoing' });
    await moving;
    expect(freeSwitch.asked).toEqual([`uuid_transfer ${a} echo inline`]);
  });

  test('by its end, and is never told to be parked, is parked by command', async () => {
    bridged();
    other.end('gone');
    const moving = mover.park();
    await settle(2000);
    expect(freeSwitch.asked).toEqual([`uuid_park ${a}`]);
    park(one);
    await moving;
  });
});
