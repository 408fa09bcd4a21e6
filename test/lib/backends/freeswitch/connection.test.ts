import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FreeSwitchChannel } from '../../../../lib/backends/freeswitch/channel.ts';
import { FreeSwitchConnection } from '../../../../lib/backends/freeswitch/connection.ts';
import { ManualClock } from '../../../support/clock.ts';
import { idOf } from '../../../support/freeswitch/fake-connection.ts';
import { type FreeSwitchDouble, startFreeSwitchDouble } from '../../../support/freeswitch/freeswitch-double.ts';
import { until } from '../../../support/until.ts';

let double: FreeSwitchDouble;
let clock: ManualClock;
let connection: FreeSwitchConnection;
let ends: string[];
beforeEach(async () => {
  double = await startFreeSwitchDouble();
  clock = new ManualClock();
  const { eslPort, sipPort, password } = double;
  const quiet = () => {};
  connection = new FreeSwitchConnection({
    address: { host: '127.0.0.1', eslPort, sipPort, password },
    nodeId: 'test',
    publicAddress: '127.0.0.1',
    clock,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    random: () => 0.5,
    onChange: quiet,
  });
  connection.start();
  await until('it is up', () => connection.isUp);
  ends = [];
  connection.add(new FreeSwitchChannel(idOf(1), { moved: quiet, gone: (cause) => ends.push(cause) }));
});
afterEach(async () => {
  await connection.stop();
  await double.stop();
});

/** The event socket, which may be noticed later than SIP. */
const isDown = () => until('its loss is noticed', () => !canBeAsked());
const canBeAsked = () => {
  try {
    connection.requireReach();
    return true;
  } catch {
    return false;
  }
};
/** Each turn tries to connect once more. */
const isUpAgain = () =>
  until('it is up again', async () => {
    await clock.advance(100);
    return connection.isUp;
  });

test('where its media is, a FreeSWITCH elsewhere knows best', () => {
  expect(connection.clientAddress).toBe('127.0.0.1');
  const address = { ...connection.options.address, host: '192.0.2.7' };
  expect(new FreeSwitchConnection({ ...connection.options, address }).clientAddress).toBeUndefined();
});

describe('a FreeSWITCH that is out of reach', () => {
  test('is given up after 8 s: its channels end, once', async () => {
    await double.kill();
    await isDown();
    await clock.advance(7900);
    expect(ends).toEqual([]);
    await clock.advance(200);
    expect(ends).toEqual(['FreeSWITCH is out of reach']);
    await clock.advance(20_000);
    expect(ends).toHaveLength(1);
  });

  test('and answers again in time, is not given up later', async () => {
    double.dropEsl();
    await isDown();
    await clock.advance(2000);
    await isUpAgain();
    await clock.advance(20_000);
    expect(ends).toEqual([]);
  });

  test('once more after that has its 8 s anew', async () => {
    double.dropEsl();
    await isDown();
    await isUpAgain();
    await double.kill();
    await isDown();
    await clock.advance(7900);
    expect(ends).toEqual([]);
    await clock.advance(200);
    expect(ends).toHaveLength(1);
  });

  test('when we stop leaves no timer behind, and its channels end because of that', async () => {
    await double.kill();
    await isDown();
    await connection.stop();
    expect([ends, clock.pending]).toEqual([['patchbay stops'], 0]);
  });

  test('by SIP only is not given up', async () => {
    double.dropSip();
    await until('its loss is noticed', () => !connection.isUp);
    await isUpAgain();
    await clock.advance(20_000);
    expect(ends).toEqual([]);
  });
});
