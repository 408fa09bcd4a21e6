import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../lib/domain/log.ts';
import { s3Client } from '../../../lib/recordings/bucket.ts';
import { RecordingFiles } from '../../../lib/recordings/recording-files.ts';
import { makeRecordingId } from '../../../lib/recordings/recording-id.ts';
import { Uploads } from '../../../lib/recordings/uploads.ts';
import { impatient, ManualClock } from '../../support/clock.ts';
import { FakeS3, slowDown } from '../../support/fake-s3.ts';
import { keptLog } from '../../support/kept-log.ts';
import { oddThings, replace } from '../../support/odd-things.ts';

const march = Date.UTC(2030, 2, 31, 23, 59);
let s3: FakeS3;
let dir: string;
let told: string[];
beforeEach(async () => {
  s3 = await new FakeS3().start();
  dir = await mkdtemp(join(tmpdir(), 'patchbay-test-uploads-'));
  told = [];
});
afterEach(async () => {
  await s3.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A process' uploads, and the files that it makes. */
function open(clock = impatient, log = silentLog) {
  const uploads = new Uploads({
    dir,
    bucket: 'calls',
    client: s3Client(s3.url),
    clock,
    random: () => 0,
    log,
    onState: ({ recording_id, tenant }, state, uri) => void told.push(`${state} ${tenant} ${recording_id} ${uri}`),
  });
  return { uploads, files: new RecordingFiles(dir, uploads) };
}

/** A recording whose engine wrote this into its only part. */
async function record(files: RecordingFiles, content = 'x'.repeat(1000), tenant = 'acme'): Promise<string> {
  const recordingId = makeRecordingId(march);
  const base = await files.open(recordingId, 1);
  await writeFile(`${base}-audio.mjr`, content);
  await close(files, recordingId, base, tenant);
  return recordingId;
}
const close = (files: RecordingFiles, recordingId: string, base: string, tenant = 'acme', isIncomplete = false) =>
  files.close(
    { recordingId, tenant, of: { sessionId: 's' }, type: 'echo', startedAt: '2030-03-31T23:59:00.000Z', durationMs: 1 },
    [{ base, offsetMs: 0, durationMs: 1, isIncomplete }],
  );
const names = (recordingId: string, tenant = 'acme') => {
  const folder = `calls/${tenant}/2030/03/${recordingId}`;
  return [`${folder}/part-1-audio.mjr`, `${folder}/recording.json`];
};
const onDisk = () => readdir(dir);
const puts = () => s3.requests.filter((request) => request.startsWith('PUT'));

describe('a complete recording', () => {
  test('goes to its tenant and month, the manifest last, and leaves the disk', async () => {
    const { uploads, files } = open();
    const recordingId = await record(files);
    const states: string[] = [];
    expect(files.keep(recordingId, (state) => states.push(state))).toBe(false);
    expect(uploads.pending).toBe(1);
    await uploads.close(60_000);
    expect(puts()).toEqual(names(recordingId).map((name) => `PUT ${name}`));
    const uri = `s3://calls/acme/2030/03/${recordingId}/recording.json`;
    expect([states, told]).toEqual([['available'], [`available acme ${recordingId} ${uri}`]]);
    expect([await onDisk(), uploads.pending, files.uri(recordingId, 'acme')]).toEqual([[], 0, uri]);
  });

  test.each([
    ['..', '%2E%2E'],
    ['a:b_c.d', 'a:b_c.d'],
  ])('of tenant %s stays in the bucket, as %s', async (tenant, folder) => {
    const { uploads, files } = open();
    const recordingId = await record(files, undefined, tenant);
    files.keep(recordingId, () => {});
    await uploads.close(60_000);
    expect(s3.keys()).toEqual(names(recordingId, folder));
  });

  test('without media goes nowhere: nothing of it is left', async () => {
    const { uploads, files } = open();
    files.keep(await record(files, ''), () => told.push('told'));
    await uploads.close(60_000);
    expect([s3.requests, told, await onDisk()]).toEqual([[], [], []]);
  });

  test.each(['this process', 'the next one'])(
    'that is not whole is kept in the bucket all the same, and failed: sent by %s',
    async (by) => {
      const { uploads, files } = open();
      const recordingId = makeRecordingId(march);
      const base = await files.open(recordingId, 1);
      await writeFile(`${base}-audio.mjr`, 'what there is'.repeat(10));
      await close(files, recordingId, base, 'acme', true);
      const states: string[] = [];
      if (by === 'this process') files.keep(recordingId, (state) => states.push(state));
      else await uploads.start();
      await uploads.close(60_000);
      expect([s3.keys(), await onDisk()]).toEqual([names(recordingId), []]);
      expect(told).toEqual([`failed acme ${recordingId} ${uploads.uri(recordingId, 'acme')}`]);
      expect(states).toEqual(by === 'this process' ? ['failed'] : []);
      const manifest = JSON.parse(s3.objects.get(names(recordingId)[1] ?? '')?.body.toString() ?? '');
      expect(manifest.parts).toMatchObject([{ files: ['part-1-audio.mjr'], incomplete: true }]);
    },
  );

  test('is sent two at a time with others', async () => {
    const { uploads, files } = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    s3.hold = { on: /^PUT/, until: promise };
    for (let at = 0; at < 8; at += 1) files.keep(await record(files), () => {});
    await expect.poll(() => s3.atOnce.now).toBe(2);
    resolve();
    await uploads.close(60_000);
    expect([s3.objects.size, s3.atOnce.most]).toEqual([16, 2]);
  });

  test('that shares a file with another is whole when that one has left the disk', async () => {
    const { uploads, files } = open();
    const [first, second] = [makeRecordingId(march), makeRecordingId(march)];
    const base = await files.open(first, 1);
    await writeFile(`${base}-audio.mjr`, 'shared'.repeat(100));
    for (const recordingId of [first, second]) await files.adopt(recordingId, 1, base);
    await close(files, first, base);
    files.keep(first, () => {});
    await expect.poll(() => told).toHaveLength(1);
    await close(files, second, base);
    files.keep(second, () => {});
    await uploads.close(60_000);
    expect(s3.keys()).toEqual([...names(first), ...names(second)].sort());
    const [one, other] = [first, second].map((id) => s3.objects.get(names(id)[0] ?? '')?.body.toString());
    expect(one).toBe('shared'.repeat(100));
    expect(other).toBe(one);
  });
});

describe('when S3 does not take it', () => {
  test('it is tried again until it does, and stays on the disk meanwhile', async () => {
    const { uploads, files } = open();
    s3.fail(/./, slowDown, 23);
    const recordingId = await record(files);
    files.keep(recordingId, () => {});
    await uploads.close(60_000);
    expect([s3.keys(), await onDisk()]).toEqual([names(recordingId), []]);
  });

  test('for long it has failed, and may become available all the same', async () => {
    const { uploads, files } = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    s3.fail(/^PUT/, { status: 403, code: 'AccessDenied' }, 50);
    const recordingId = await record(files);
    const states: string[] = [];
    files.keep(recordingId, (state) => {
      states.push(state);
      resolve();
    });
    await promise;
    expect([states, await onDisk()]).toEqual([['failed'], [recordingId]]);
    await uploads.close(60_000);
    expect([states, told.map((line) => line.split(' ')[0])]).toEqual([
      ['failed', 'available'],
      ['failed', 'available'],
    ]);
  });

  test('damaged on its way, the file on the disk is kept and sent again', async () => {
    const { uploads, files } = open();
    s3.fail(/^PUT .*mjr/, 'damage');
    const recordingId = await record(files);
    files.keep(recordingId, () => {});
    await uploads.close(60_000);
    expect(s3.objects.get(names(recordingId)[0] ?? '')?.body.toString()).toBe('x'.repeat(1000));
  });

  test('waits are longer each time, and at most a minute', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const noted = {
      nowMs: () => clock.nowMs(),
      after: (ms: number, action: () => void) => {
        waits.push(ms);
        return impatient.after(ms, action);
      },
    };
    const { uploads, files } = open(noted);
    const recordingId = await record(files);
    await rm(join(dir, recordingId, 'part-1-audio.mjr'));
    files.keep(recordingId, () => {});
    await expect.poll(() => waits.length).toBeGreaterThan(8);
    await uploads.close(1);
    expect(waits.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });
});

describe('what lies on the disk at start', () => {
  test('is uploaded if it is complete, and not if it is not; what was stored already is cleared away', async () => {
    const { files } = open();
    const complete = await record(files);
    const halfway = makeRecordingId(march);
    await writeFile(`${await files.open(halfway, 1)}-audio.mjr`, 'still recording');
    await mkdir(join(dir, '.stored-x'));
    const { uploads } = open();
    await uploads.start();
    await uploads.close(60_000);
    expect([s3.keys(), await onDisk()]).toEqual([names(complete), [halfway]]);
  });

  test('is found even when there is no such folder yet', async () => {
    await rm(dir, { recursive: true });
    const { uploads } = open();
    await uploads.start();
    await uploads.close(1);
  });

  test('of which a part is in the bucket is not sent twice', async () => {
    const first = open();
    const recordingId = await record(first.files);
    s3.hold = { on: /^PUT .*json/, until: new Promise(() => {}) };
    first.files.keep(recordingId, () => {});
    await expect.poll(() => puts().length).toBe(2);
    await first.uploads.close(1);
    s3.hold = undefined;
    s3.requests.length = 0;
    const { uploads } = open();
    await uploads.start();
    await uploads.close(60_000);
    expect(puts()).toEqual([`PUT ${names(recordingId)[1]}`]);
    expect(s3.keys()).toEqual(names(recordingId));
  });

  test('and cannot be read is left there, and has failed', async () => {
    await mkdir(join(dir, 'odd'));
    await writeFile(join(dir, 'odd', 'recording.json'), '{}');
    const { uploads } = open();
    const { promise, resolve } = Promise.withResolvers<string>();
    uploads.add('odd', resolve);
    expect(await promise).toBe('failed');
    await uploads.close(1);
    expect((await stat(join(dir, 'odd'))).isDirectory()).toBe(true);
  });
});

test('to close waits no longer than it was told, and keeps what is not uploaded', async () => {
  const clock = new ManualClock();
  const { uploads, files } = open(clock);
  const recordingId = await record(files);
  s3.hold = { on: /^PUT/, until: new Promise(() => {}) };
  files.keep(recordingId, () => told.push('told'));
  await expect.poll(() => puts().length).toBe(1);
  const closing = uploads.close(90_000);
  await clock.advance(90_000);
  await closing;
  expect([clock.pending, told, await onDisk()]).toEqual([0, [], [recordingId]]);
});

describe('an engine that was taken over', () => {
  let elsewhere: string;
  let secret: string;
  beforeEach(async () => {
    elsewhere = await mkdtemp(join(tmpdir(), 'patchbay-test-elsewhere-'));
    secret = join(elsewhere, 'part-1-audio.mjr');
    await writeFile(secret, 'secret'.repeat(100));
    return () => rm(elsewhere, { recursive: true });
  });

  /** What comes of a recording: it has failed at once, said so once, and is left alone. */
  async function isRefused(recordingId: string): Promise<void> {
    const { lines, log } = keptLog();
    const { uploads } = open(impatient, log);
    const states: string[] = [];
    uploads.add(recordingId, (state) => states.push(state));
    await uploads.idle();
    await uploads.close(1);
    expect([states, s3.keys(), await onDisk()]).toEqual([['failed'], [], [recordingId]]);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      recording_id: recordingId,
      message: 'recording failed: something else is in its place',
    });
  }
  const pathOf = (recordingId: string, name: string) => join(dir, recordingId, name);
  async function forge(recordingId: string, change: object): Promise<void> {
    const path = pathOf(recordingId, 'recording.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
  }

  test.each(oddThings)('has nothing sent by %s in the place of a file', async (_, put) => {
    const recordingId = await record(open().files);
    await replace(pathOf(recordingId, 'part-1-audio.mjr'), secret, put);
    await isRefused(recordingId);
  });

  test.each(oddThings)('has nothing sent by %s in the place of the manifest', async (_, put) => {
    const recordingId = await record(open().files);
    const path = pathOf(recordingId, 'recording.json');
    const copy = join(elsewhere, 'recording.json');
    await writeFile(copy, await readFile(path));
    await replace(path, copy, put);
    await isRefused(recordingId);
  });

  test.each(['../../secret', '../x/part-1-audio.mjr', '/etc/hostname', 'a/b', '..', '.', '.hidden', '', 'a\\b'])(
    'has nothing sent by a manifest that names the file %j',
    async (name) => {
      const recordingId = await record(open().files);
      await forge(recordingId, { parts: [{ files: [name], offset_ms: 0, duration_ms: 1 }] });
      await isRefused(recordingId);
    },
  );

  test('has nothing sent by a manifest that names a file elsewhere', async () => {
    const recordingId = await record(open().files);
    const name = relative(join(dir, recordingId), secret);
    await forge(recordingId, { parts: [{ files: [name], offset_ms: 0, duration_ms: 1 }] });
    await isRefused(recordingId);
  });

  test.each([{ tenant: 'acme/2030' }, { tenant: '' }, { recording_id: 'another' }])(
    'has nothing sent by a manifest that says %j',
    async (change) => {
      const recordingId = await record(open().files);
      await forge(recordingId, change);
      await isRefused(recordingId);
    },
  );

  test('has nothing sent by a link in the place of the folder', async () => {
    const recordingId = await record(open().files);
    await writeFile(join(elsewhere, 'recording.json'), await readFile(pathOf(recordingId, 'recording.json')));
    await replace(join(dir, recordingId), elsewhere);
    await isRefused(recordingId);
  });

  test('has nothing sent by a link in the place of all folders', async () => {
    const recordingId = await record(open().files);
    await rename(dir, join(elsewhere, 'moved'));
    await symlink(join(elsewhere, 'moved'), dir);
    await isRefused(recordingId);
  });

  test('has what was there sent and deleted, though it puts a link in the place of the folder meanwhile', async () => {
    const { uploads, files } = open();
    const recordingId = await record(files);
    const { promise, resolve } = Promise.withResolvers<void>();
    s3.hold = { on: /^PUT .*mjr/, until: promise };
    files.keep(recordingId, () => {});
    await expect.poll(() => puts().length).toBe(1);
    await writeFile(join(elsewhere, 'recording.json'), 'secret');
    await rename(join(dir, recordingId), join(dir, 'moved'));
    await symlink(elsewhere, join(dir, recordingId));
    resolve();
    await uploads.close(60_000);
    expect(s3.keys()).toEqual(names(recordingId));
    expect([...s3.objects.values()].map(({ body }) => body.includes('secret'))).toEqual([false, false]);
    expect([await readdir(join(dir, 'moved')), (await readdir(elsewhere)).length]).toEqual([[], 2]);
  });

  test('has no file deleted by a link beside the others, and the next start goes on', async () => {
    const { uploads, files } = open();
    const recordingId = await record(files);
    await symlink(elsewhere, pathOf(recordingId, 'other'));
    files.keep(recordingId, () => {});
    await uploads.idle();
    await mkdir(join(dir, '.stored-x/folder'), { recursive: true });
    await symlink(elsewhere, join(dir, '.stored-y'));
    await uploads.start();
    await uploads.close(60_000);
    expect([s3.keys(), await readdir(elsewhere)]).toEqual([names(recordingId), ['part-1-audio.mjr']]);
    expect((await onDisk()).sort()).toEqual(['.stored-x', '.stored-y']);
  });
});
