import { beforeEach, expect, test, vi } from 'vitest';
import { Owners } from '../../../lib/controller/owners.ts';
import { LiveSession } from '../../../lib/controller/session/live-session.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { FakeWorld, sessionSpec } from '../../support/world.ts';

const hour = 3_600_000;
const world = new FakeWorld();
const session = (sessionId: string) => new LiveSession(sessionSpec({ sessionId, backend: new FakeBackend() }), world);
const [one, two] = [session('1'), session('2')];

const register = vi.fn<(connectionId: string) => Promise<boolean>>();
let owners: Owners;
beforeEach(() => {
  register.mockReset().mockResolvedValue(true);
  owners = new Owners(register);
});

test('a connection is registered once, however many sessions it owns', async () => {
  expect(await Promise.all([owners.add('c', one, 0), owners.add('c', two, 0)])).toEqual([true, true]);
  expect(register.mock.calls).toEqual([['c']]);
  expect(owners.of('c')).toEqual([one, two]);
});

test('a connection that is gone already answers false', async () => {
  register.mockResolvedValue(false);
  expect(await owners.add('c', one, 0)).toBe(false);
});

test('a registration that failed is tried again with the next session', async () => {
  register.mockRejectedValueOnce(new Error('throttled'));
  await expect(owners.add('c', one, 0)).rejects.toThrow('throttled');
  expect(await owners.add('c', two, 0)).toBe(true);
  expect(register).toHaveBeenCalledTimes(2);
});

test('a registration that failed leaves known what the connection owns', async () => {
  register.mockRejectedValueOnce(new Error('throttled'));
  await expect(owners.add('c', one, 0)).rejects.toThrow('throttled');
  expect(owners.of('c')).toEqual([one]);
  await owners.add('c', two, 0);
  expect(owners.take('c')).toEqual([one, two]);
});

test('take gives what is owned, once', async () => {
  await owners.add('c', one, 0);
  await owners.add('d', two, 0);
  expect(owners.take('c')).toEqual([one]);
  expect(owners.take('c')).toEqual([]);
  expect(owners.of('d')).toEqual([two]);
});

test('a session that ended is owned no more, and its connection stays registered', async () => {
  await owners.add('c', one, 0);
  owners.remove('c', one);
  owners.remove('nobody', one);
  expect(owners.of('c')).toEqual([]);
  await owners.add('c', two, 0);
  expect(register).toHaveBeenCalledTimes(1);
});

test('sweep forgets idle connections after 3 h, and none that owns something', async () => {
  await owners.add('idle', one, 0);
  owners.remove('idle', one);
  await owners.add('busy', two, 0);
  owners.sweep(3 * hour);
  await owners.add('idle', one, 3 * hour);
  expect(register).toHaveBeenCalledTimes(2);
  owners.remove('idle', one);
  owners.sweep(3 * hour + 1);
  await owners.add('idle', one, 4 * hour);
  expect(register).toHaveBeenCalledTimes(3);
  expect(owners.of('busy')).toEqual([two]);
});
