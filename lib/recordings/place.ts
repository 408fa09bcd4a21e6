import { isoTime } from '../domain/clock.ts';
import { madeAtMs } from './recording-id.ts';

/** The file that says what a recording is; where it is, nothing more comes. */
export const manifestName = 'recording.json';

/**
 * Where a recording's objects are in the bucket: `tenant/yyyy/mm/recording_id`, by the month in which it was asked for.
 * A tenant may be called `.` or `..`, which would lead elsewhere; `%` is in no tenant's name.
 */
export function keyPrefix(recordingId: string, tenant: string): string {
  const folder = tenant.replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
  const [year = '', month = ''] = isoTime(madeAtMs(recordingId)).split('-');
  return `${folder}/${year}/${month}/${recordingId}`;
}
