import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RecordingFacts, RecordingFiles } from '../../../lib/recordings/recording-files.ts';

let dir: string;
let files: RecordingFiles;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patchbay-test-recordings-'));
  files = new RecordingFiles(dir, 'http://127.0.0.1:3000/recordings');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const facts = (recordingId: string): RecordingFacts => ({
  recordingId,
  tenant: 'acme',
  of: { sessionId: 'session-1' },
  type: 'listen',
  startedAt: '2030-01-01T00:00:00.000Z',
  durationMs: 5000,
});

/** What the engine writes after a base: media, or a header alone. */
const record = (base: string, name: string, bytes = 1000) => writeFile(`${base}-${name}.mjr`, Buffer.alloc(bytes, 1));
const manifest = async (id: string) => JSON.parse(await readFile(join(dir, id, 'recording.json'), 'utf8'));
const namesIn = async (id: string) => (await readdir(join(dir, id))).sort();

describe('a recording', () => {
  test('is found where it was said to be from the start', async () => {
    const base = await files.open('r1', 1);
    expect(base).toBe(join(dir, 'r1', 'part-1'));
    expect(files.uri('r1', 'acme')).toBe('http://127.0.0.1:3000/recordings/r1/recording.json');
    await record(base, 'audio-0', 1200);
    await record(base, 'video-1', 3400);
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }])).toBe(4600);
    expect(await manifest('r1')).toEqual({
      recording_id: 'r1',
      tenant: 'acme',
      session_id: 'session-1',
      type: 'listen',
      started_at: '2030-01-01T00:00:00.000Z',
      duration_ms: 5000,
      parts: [{ files: ['part-1-audio-0.mjr', 'part-1-video-1.mjr'], offset_ms: 0, duration_ms: 5000 }],
    });
    expect(await namesIn('r1')).toEqual(['part-1-audio-0.mjr', 'part-1-video-1.mjr', 'recording.json']);
  });

  test('that moved has its parts in order, also when a later one has no file', async () => {
    const [first, second, third] = [await files.open('r1', 1), await files.open('r1', 2), await files.open('r1', 3)];
    await record(first, 'audio-0', 100);
    await record(third, 'audio-0', 300);
    const parts = [first, second, third].map((base, at) => ({ base, offsetMs: at, durationMs: 1000 }));
    expect(await files.close(facts('r1'), parts)).toBe(400);
    expect((await manifest('r1')).parts).toEqual([
      { files: ['part-1-audio-0.mjr'], offset_ms: 0, duration_ms: 1000 },
      { files: [], offset_ms: 1, duration_ms: 1000 },
      { files: ['part-3-audio-0.mjr'], offset_ms: 2, duration_ms: 1000 },
    ]);
  });

  test('takes part 1 for part 1, and not part 10', async () => {
    const [first, tenth] = [await files.open('r1', 1), await files.open('r1', 10)];
    await record(first, 'audio-0', 100);
    await record(tenth, 'audio-0', 900);
    expect(await files.close(facts('r1'), [{ base: first, offsetMs: 0, durationMs: 1000 }])).toBe(100);
  });

  test.each([0, 8, 64])('has no track of %i bytes: nothing was ever in it', async (bytes) => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0', 1000);
    await record(base, 'video-1', bytes);
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }])).toBe(1000);
    expect((await manifest('r1')).parts[0].files).toEqual(['part-1-audio-0.mjr']);
  });

  test('without media is 0 bytes, and says so itself', async () => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0', 8);
    const elsewhere = { base: join(dir, 'nowhere', 'part-1'), offsetMs: 0, durationMs: 1 };
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }, elsewhere])).toBe(0);
    expect((await manifest('r1')).parts.map(({ files: names }: { files: string[] }) => names)).toEqual([[], []]);
    expect(await files.close(facts('r2'), [])).toBe(0);
    expect((await manifest('r2')).parts).toEqual([]);
  });

  test('that was begun in vain leaves nothing, whether it was begun or not', async () => {
    await record(await files.open('r1', 1), 'audio-0');
    await files.discard('r1');
    await files.discard('r2');
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('a file that recordings share', () => {
  test('is in the folder of each, once on the disk, and stays when one is deleted', async () => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0');
    expect(await files.close(facts('r2'), [{ base, offsetMs: 2000, durationMs: 3000 }])).toBe(1000);
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }])).toBe(1000);
    const [one, other] = [join(dir, 'r1', 'part-1-audio-0.mjr'), join(dir, 'r2', 'part-1-audio-0.mjr')];
    expect((await stat(one)).ino).toBe((await stat(other)).ino);
    expect((await manifest('r2')).parts).toEqual([
      { files: ['part-1-audio-0.mjr'], offset_ms: 2000, duration_ms: 3000 },
    ]);
    await files.discard('r1');
    expect((await readFile(other)).length).toBe(1000);
  });

  test('is taken over as soon as it is complete: whoever had it first may be gone when the recording is closed', async () => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0');
    await files.adopt('r2', 1, base);
    await files.adopt('r2', 1, base);
    await files.discard('r1');
    expect(await files.close(facts('r2'), [{ base, offsetMs: 2000, durationMs: 3000 }])).toBe(1000);
    expect((await manifest('r2')).parts).toMatchObject([{ files: ['part-1-audio-0.mjr'] }]);
  });

  test('gets the number of the part that it is there', async () => {
    const [own, shared] = [await files.open('r1', 1), await files.open('r2', 1)];
    await record(own, 'audio-0', 100);
    await record(shared, 'audio-0', 200);
    const parts = [own, shared].map((base) => ({ base, offsetMs: 0, durationMs: 1000 }));
    expect(await files.close(facts('r1'), parts)).toBe(300);
    expect(await namesIn('r1')).toEqual(['part-1-audio-0.mjr', 'part-2-audio-0.mjr', 'recording.json']);
  });

  test('may be there twice: two slices of the same tape', async () => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0');
    const slices = [0, 3000].map((offsetMs) => ({ base, offsetMs, durationMs: 1000 }));
    await files.close(facts('r2'), slices);
    expect((await manifest('r2')).parts).toMatchObject([
      { files: ['part-1-audio-0.mjr'], offset_ms: 0 },
      { files: ['part-2-audio-0.mjr'], offset_ms: 3000 },
    ]);
  });
});
