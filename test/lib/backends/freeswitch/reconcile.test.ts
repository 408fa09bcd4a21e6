import { beforeEach, describe, expect, test } from 'vitest';
import { Reconciler } from '../../../../lib/backends/freeswitch/reconcile.ts';
import { ManualClock } from '../../../support/clock.ts';
import { FakeConnection, idOf } from '../../../support/freeswitch/fake-connection.ts';
import { until } from '../../../support/until.ts';

type Row = Readonly<Record<string, string>>;

let clock: ManualClock;
let freeSwitch: FakeConnection;
let reconciler: Reconciler;
/** What FreeSWITCH lists the first time, and the second. */
let lists: Row[][];
beforeEach(() => {
  clock = new ManualClock();
  freeSwitch = new FakeConnection(clock);
  reconciler = new Reconciler(freeSwitch.connection, clock);
  lists = [];
  freeSwitch.answer = (command) => {
    if (command.startsWith('show')) return JSON.stringify({ rows: lists.length > 1 ? lists.shift() : lists[0] });
    if (command.includes('json_list')) {
      return JSON.stringify([{ conference_uuid: 'u', members: [{ id: 5, uuid: idOf(1) }] }]);
    }
    return '+OK';
  };
});

const row = (number: number, some: Row = {}): Row => ({
  uuid: idOf(number),
  initial_cid_num: freeSwitch.tag,
  callstate: 'ACTIVE',
  state: 'CS_EXECUTE',
  application: 'park',
  ...some,
});
const reconcile = async () => {
  const done = reconciler.afterConnect((command) => freeSwitch.request(command));
  await clock.advance(500);
  await done;
};
const kills = () => freeSwitch.asked.filter((command) => command.startsWith('uuid_kill'));

describe('after a connect', () => {
  test('nothing is done when both agree, and nobody waits', async () => {
    freeSwitch.channel(1);
    lists = [[row(1)]];
    await reconciler.afterConnect((command) => freeSwitch.request(command));
    expect(freeSwitch.asked).toEqual(['show channels as json']);
  });

  test('ours that are not there twice are over; those that the list is late with are not', async () => {
    for (const number of [1, 2, 3]) freeSwitch.channel(number);
    lists = [[row(1)], [row(1), row(2)]];
    await reconcile();
    expect(freeSwitch.ends).toEqual(['3 FreeSWITCH lost it']);
  });

  test('one that FreeSWITCH does not have yet is not missed', async () => {
    freeSwitch.channel(1).isThere = false;
    lists = [[], []];
    await reconcile();
    expect(freeSwitch.ends).toEqual([]);
  });

  test('those with our tag that nobody owns are ended, those of others are not', async () => {
    const strange = { uuid: 'not-a-uuid; exit' };
    lists = [
      [row(1), row(2), row(3, { initial_cid_num: 'patchbay-other' }), row(4, strange)],
      [row(1), row(3, { initial_cid_num: 'patchbay-other' }), row(4, strange)],
    ];
    await reconcile();
    expect(kills()).toEqual([`uuid_kill ${idOf(1)}`]);
  });

  test.each([
    [{ application: 'echo' }, { kind: 'echoing' }],
    [
      { application: 'uuid_bridge', application_data: 'b', state: 'CS_SOFT_EXECUTE' },
      { kind: 'bridged', peerId: 'b' },
    ],
    [
      { application: 'conference', application_data: 'r@p' },
      { kind: 'joined', room: 'r', conferenceId: 'u', member: 5 },
    ],
  ])('where they are is learnt: %j', async (listed, place) => {
    const channel = freeSwitch.channel(1);
    lists = [[row(1, listed)], [row(1, listed)]];
    await reconcile();
    expect(channel.place).toEqual(place);
  });

  test('of who has moved meanwhile the events are right, not the list', async () => {
    const channel = freeSwitch.channel(1);
    lists = [[row(1, { application: 'echo' })]];
    const done = reconciler.afterConnect((command) => freeSwitch.request(command));
    await clock.advance(100);
    channel.found({ kind: 'bridged', peerId: 'b' });
    await clock.advance(400);
    await done;
    expect(channel.place).toEqual({ kind: 'bridged', peerId: 'b' });
  });
});

describe('one that was to be parked while FreeSWITCH could not be told', () => {
  const parks = () => freeSwitch.asked.filter((command) => command.startsWith('uuid_park'));

  test('is parked now, once, and whoever moves channels waits for that', async () => {
    const [astray, other] = [freeSwitch.channel(1, { kind: 'echoing' }), freeSwitch.channel(2, { kind: 'echoing' })];
    astray.isAstray = true;
    lists = [[row(1, { application: 'echo' }), row(2, { application: 'echo' })]];
    let isDone = false;
    const done = reconciler
      .afterConnect((command) => freeSwitch.request(command))
      .then(() => {
        isDone = true;
      });
    await until('it is told', () => parks().length > 0);
    expect([parks(), isDone]).toEqual([[`uuid_park ${idOf(1)}`], false]);
    astray.found({ kind: 'parked' });
    await done;
    expect([astray.isAstray, other.place.kind]).toEqual([false, 'echoing']);
  });

  test('and is found parked, needs nothing', async () => {
    const astray = freeSwitch.channel(1, { kind: 'none' });
    astray.isAstray = true;
    lists = [[row(1)], [row(1)]];
    await reconcile();
    expect([parks(), astray.isAstray, astray.place.kind]).toEqual([[], false, 'parked']);
  });

  test('and cannot be, keeps nobody from connecting', async () => {
    freeSwitch.channel(1, { kind: 'echoing' }).isAstray = true;
    lists = [[row(1, { application: 'echo' })]];
    const { answer } = freeSwitch;
    freeSwitch.answer = (command) => {
      if (!command.startsWith('uuid_park')) return answer(command);
      freeSwitch.channels.get(idOf(1))?.end('gone');
      throw new Error('lost');
    };
    await reconciler.afterConnect((command) => freeSwitch.request(command));
    expect(parks()).toHaveLength(1);
  });
});

describe('every minute', () => {
  test('it is done again, until it is stopped, and a failure is no end of it', async () => {
    lists = [[row(1)]];
    reconciler.start();
    await clock.advance(60_500);
    expect(kills()).toHaveLength(1);
    lists = [[]];
    const { answer } = freeSwitch;
    freeSwitch.answer = () => 'no list';
    await clock.advance(60_000);
    freeSwitch.answer = answer;
    lists = [[row(1)]];
    await clock.advance(60_500);
    expect(kills()).toHaveLength(2);
    reconciler.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(120_000);
    expect(kills()).toHaveLength(2);
  });
});
