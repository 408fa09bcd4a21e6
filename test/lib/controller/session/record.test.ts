import { beforeEach, describe, expect, test } from 'vitest';
import { SessionRecordKeeper } from '../../../../lib/controller/session/record.ts';
import type { SessionRecord } from '../../../../lib/store/sessions.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeWorld } from '../../../support/world.ts';

let world: FakeWorld;
let state: SessionRecord['state'];
let isOver: boolean;
let lost: number;
let keeper: SessionRecordKeeper;
beforeEach(() => {
  world = new FakeWorld();
  state = 'wait';
  isOver = false;
  lost = 0;
  keeper = new SessionRecordKeeper({
    world,
    record: () => ({
      tenant: 'acme',
      sessionId: 's',
      nodeId: 'node-1',
      attempt: 1,
      requestId: 'r',
      userId: 'ann',
      connectionId: 'c',
      type: 'echo',
      state,
      createdAt: '',
    }),
    isOver: () => isOver,
    onLost: () => {
      lost += 1;
    },
  });
});
const written = () => world.records.get('acme/s')?.state;

describe('a claim', () => {
  test('puts the record, for as long as the session may live and an hour more', async () => {
    await keeper.claim(5000, 70);
    expect(written()).toBe('wait');
    expect(world.expiries).toEqual([5 + 70 + 3600]);
  });

  test('of an id that is alive is duplicated_session_id', async () => {
    await keeper.claim(0, 1);
    expect(await rejection(keeper.claim(0, 1))).toMatchObject(reason('duplicated_session_id'));
  });
});

describe('a write', () => {
  beforeEach(() => keeper.claim(0, 1));

  test('says what the session is at the moment of writing, not what it was when it was asked for', async () => {
    keeper.write();
    state = 'ready';
    await flush();
    expect(written()).toBe('ready');
  });

  test('is not made any more once the session is over', async () => {
    keeper.write();
    state = 'ready';
    isOver = true;
    await flush();
    expect([written(), lost]).toEqual(['wait', 0]);
  });

  test('of a record that is not ours any more tells so', async () => {
    world.fenced = true;
    keeper.write();
    await flush();
    expect(lost).toBe(1);
  });

  test('that fails changes nothing, and the next one is made', async () => {
    world.writing = Promise.reject(new Error('throttled'));
    keeper.write();
    await flush();
    world.writing = Promise.resolve();
    state = 'ready';
    keeper.write();
    await flush();
    expect([written(), lost]).toEqual(['ready', 0]);
  });
});

test('a release gives the id back; that it fails is no fault of the session', async () => {
  await keeper.claim(0, 1);
  world.writing = Promise.reject(new Error('throttled'));
  await keeper.release();
  expect(written()).toBe('wait');
  world.writing = Promise.resolve();
  await keeper.release();
  expect(written()).toBeUndefined();
});
