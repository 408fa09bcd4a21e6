import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Served } from '../../../lib/controller/served.ts';
import { keptLog } from '../../support/kept-log.ts';
import { janusEngine } from '../../support/nodes.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchbay-test-served-'));
  file = join(folder, 'run', 'served');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const down = [{ ...janusEngine, up: false }];
const up = [janusEngine];
const isThere = () =>
  stat(file).then(
    () => true,
    () => false,
  );

test('the file is made with the first record that tells of an engine that is up, and not again', async () => {
  await mkdir(join(folder, 'run'));
  const { log, lines } = keptLog();
  const served = new Served(file, log);
  await served.listed(down);
  expect(await isThere()).toBe(false);
  await served.listed(up);
  expect(await isThere()).toBe(true);
  expect((await stat(file)).mode & 0o077).toBe(0);
  await served.listed(down);
  expect(await isThere()).toBe(true);
  await rm(file);
  await served.listed(up);
  expect(await isThere()).toBe(false);
  expect(lines).toEqual([]);
});

test('a file that cannot be made is told, and tried again with the next record', async () => {
  const { log, lines } = keptLog();
  const served = new Served(file, log);
  await served.listed(up);
  expect(lines).toEqual([expect.stringContaining('ENOENT')]);
  await mkdir(join(folder, 'run'));
  await served.listed(up);
  expect(await isThere()).toBe(true);
  expect(lines).toHaveLength(1);
});

test('where nobody asks for it there is none', async () => {
  const { log, lines } = keptLog();
  await new Served(undefined, log).listed(up);
  expect(lines).toEqual([]);
});
