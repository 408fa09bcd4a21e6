import { randomBytes } from 'node:crypto';

/**
 * A UUID of version 7 (RFC 9562): its first 48 bits are the time at which it was made, so that the place of a recording
 * follows from its id alone, before anything is known of what it will hold.
 */
export function makeRecordingId(nowMs: number, random: Buffer = randomBytes(10)): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  random.copy(bytes, 6, 0, 10);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** When an id was made. */
export const madeAtMs = (recordingId: string): number =>
  Number.parseInt(recordingId.replaceAll('-', '').slice(0, 12), 16);
