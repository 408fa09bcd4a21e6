import { writeFile } from 'node:fs/promises';
import { systemClock } from '../../lib/domain/clock.ts';
import { silentLog } from '../../lib/domain/log.ts';
import { s3Client } from '../../lib/recordings/bucket.ts';
import { RecordingFiles } from '../../lib/recordings/recording-files.ts';
import { makeRecordingId } from '../../lib/recordings/recording-id.ts';
import { Uploads, type UploadsOptions } from '../../lib/recordings/uploads.ts';
import type { FakeS3 } from './fake-s3.ts';
import { testFolder } from './world.ts';

/** A folder with one complete recording, and a bucket that does not answer until it is let. */
export async function heldUpload(s3: FakeS3, onState: UploadsOptions['onState'] = () => {}) {
  const dir = testFolder();
  const client = s3Client(s3.url);
  const around = { clock: systemClock, log: silentLog, random: Math.random };
  const uploads = new Uploads({ ...around, dir, bucket: 'calls', client, onState });
  const files = new RecordingFiles(dir, uploads);
  const recordingId = makeRecordingId(Date.now());
  const base = await files.open(recordingId, 1);
  await writeFile(`${base}-audio.mjr`, 'x'.repeat(1000));
  await files.close(
    { recordingId, tenant: 'acme', of: { sessionId: 's' }, type: 'echo', startedAt: '', durationMs: 1 },
    [{ base, offsetMs: 0, durationMs: 1 }],
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  s3.hold = { on: /^PUT/, until: promise };
  return { uploads, files, recordingId, letGo: resolve };
}
