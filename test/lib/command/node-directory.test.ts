import { beforeEach, describe, expect, test, vi } from 'vitest';
import { NodeDirectory } from '../../../lib/command/node-directory.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { openTable } from '../../../lib/store/table.ts';
import { ManualClock } from '../../support/clock.ts';
import { node } from '../../support/nodes.ts';

const store = new NodeStore(openTable('none', 'http://127.0.0.1:1'));
const list = vi.spyOn(store, 'list');
const getKeys = vi.spyOn(store, 'getKeys');
let clock: ManualClock;
let directory: NodeDirectory;
beforeEach(() => {
  list.mockReset().mockImplementation(async () => [node('a'), node('b')]);
  getKeys.mockReset().mockImplementation(async () => ['new', 'old']);
  clock = new ManualClock();
  directory = new NodeDirectory(store, clock);
});

describe('the list of nodes', () => {
  test('is read at most once a second', async () => {
    await Promise.all([directory.list(), directory.list(), directory.find('a')]);
    await clock.advance(999);
    expect(await directory.list()).toHaveLength(2);
    expect(list).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    await directory.list();
    expect(list).toHaveBeenCalledTimes(2);
  });

  test('is read again after a failure', async () => {
    list.mockRejectedValueOnce(new Error('throttled'));
    await expect(directory.list()).rejects.toThrow('throttled');
    expect(await directory.list()).toHaveLength(2);
  });

  test('is read again once a node was found to be away', async () => {
    await directory.list();
    directory.forget('a');
    await directory.list();
    expect(list).toHaveBeenCalledTimes(2);
  });

  test('finds a node by its id', async () => {
    expect(await directory.find('b')).toEqual(node('b'));
    expect(await directory.find('c')).toBeUndefined();
  });
});

describe('a key', () => {
  test('is the newest, and read once', async () => {
    expect(await Promise.all([directory.key('a'), directory.key('a')])).toEqual(['new', 'new']);
    await clock.advance(3_600_000);
    await directory.key('a');
    expect(getKeys).toHaveBeenCalledTimes(1);
    await directory.key('b');
    expect(getKeys).toHaveBeenCalledTimes(2);
  });

  test('is read again once it was refused', async () => {
    await directory.key('a');
    directory.forget('a');
    getKeys.mockResolvedValueOnce(['newer']);
    expect(await directory.key('a')).toBe('newer');
  });

  test('is read again after a failure', async () => {
    getKeys.mockRejectedValueOnce(new Error('throttled'));
    await expect(directory.key('a')).rejects.toThrow('throttled');
    expect(await directory.key('a')).toBe('new');
  });
});
