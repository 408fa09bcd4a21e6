import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { s3Client } from '../../../lib/recordings/bucket.ts';
import { makeRecordingId } from '../../../lib/recordings/recording-id.ts';
import { Uploads } from '../../../lib/recordings/uploads.ts';
import { impatient } from '../../support/clock.ts';
import { FakeS3 } from '../../support/fake-s3.ts';
import { keptLog } from '../../support/kept-log.ts';

/** A folder that the disk does not give: whoever runs the tests may read all that there is. */
const broken = 'broken';
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const guarded: typeof real.readdir = Object.assign(
    (path: string, ...more: []) =>
      basename(path) === broken ? Promise.reject(new Error('EIO')) : real.readdir(path, ...more),
    real.readdir,
  );
  return { ...real, readdir: guarded };
});

let s3: FakeS3;
let dir: string;
beforeEach(async () => {
  s3 = await new FakeS3().start();
  dir = await mkdtemp(join(tmpdir(), 'patchbay-test-unreadable-'));
});
afterEach(async () => {
  await s3.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a folder that cannot be read keeps neither the node nor the other recordings', async () => {
  const recordingId = makeRecordingId(Date.UTC(2030, 0, 1));
  for (const name of [broken, recordingId]) await mkdir(join(dir, name));
  const manifest = {
    recording_id: recordingId,
    tenant: 'acme',
    type: 'echo',
    started_at: '',
    duration_ms: 1,
    parts: [],
  };
  await writeFile(join(dir, recordingId, 'recording.json'), JSON.stringify(manifest));
  const { log, lines } = keptLog();
  const uploads = new Uploads({
    dir,
    bucket: 'calls',
    client: s3Client(s3.url),
    clock: impatient,
    random: () => 0,
    log,
    onState: () => {},
  });
  await uploads.start();
  await uploads.idle();
  expect((await readdir(dir)).sort()).toEqual([broken]);
  expect(lines.filter((line) => line.includes('recording failed'))).toHaveLength(1);
});
