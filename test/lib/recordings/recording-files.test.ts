import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RefusedError } from '../../../lib/recordings/no-links.ts';
import { type RecordingFacts, RecordingFiles } from '../../../lib/recordings/recording-files.ts';
import { oddThings } from '../../support/odd-things.ts';

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
/** All that is there is a file. */
const whole = (bytes: number) => ({ bytes, refused: [] });
const manifest = async (id: string) => JSON.parse(await readFile(join(dir, id, 'recording.json'), 'utf8'));
const namesIn = async (id: string) => (await readdir(join(dir, id))).sort();

describe('a recording', () => {
  test('is found where it was said to be from the start', async () => {
    const base = await files.open('r1', 1);
    expect(base).toBe(join(dir, 'r1', 'part-1'));
    expect(files.uri('r1', 'acme')).toBe('http://127.0.0.1:3000/recordings/r1/recording.json');
    await record(base, 'audio-0', 1200);
    await record(base, 'video-1', 3400);
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }])).toEqual(whole(4600));
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
    expect(await files.close(facts('r1'), parts)).toEqual(whole(400));
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
    expect(await files.close(facts('r1'), [{ base: first, offsetMs: 0, durationMs: 1000 }])).toEqual(whole(100));
  });

  test.each([0, 8, 64])('has no track of %i bytes: nothing was ever in it', async (bytes) => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0', 1000);
    await record(base, 'video-1', bytes);
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }])).toEqual(whole(1000));
    expect((await manifest('r1')).parts[0].files).toEqual(['part-1-audio-0.mjr']);
  });

  test('without media is 0 bytes, and says so itself', async () => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0', 8);
    const elsewhere = { base: join(dir, 'nowhere', 'part-1'), offsetMs: 0, durationMs: 1 };
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }, elsewhere])).toEqual(whole(0));
    expect((await manifest('r1')).parts.map(({ files: names }: { files: string[] }) => names)).toEqual([[], []]);
    expect(await files.close(facts('r2'), [])).toEqual(whole(0));
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
  test('is there for who adopted it, whatever becomes of the folder that it came from', async () => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0');
    await files.adopt('r2', 1, base);
    await rename(join(dir, 'r1'), join(dir, '.stored-r1'));
    await symlink(join(dir, '.stored-r1'), join(dir, 'r1'));
    expect(await files.close(facts('r2'), [{ base, offsetMs: 0, durationMs: 5000 }])).toEqual(whole(1000));
    expect(await manifest('r2')).toMatchObject({ parts: [{ files: ['part-1-audio-0.mjr'] }] });
  });

  test('is in the folder of each, once on the disk, and stays when one is deleted', async () => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0');
    expect(await files.close(facts('r2'), [{ base, offsetMs: 2000, durationMs: 3000 }])).toEqual(whole(1000));
    expect(await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }])).toEqual(whole(1000));
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
    expect(await files.close(facts('r2'), [{ base, offsetMs: 2000, durationMs: 3000 }])).toEqual(whole(1000));
    expect((await manifest('r2')).parts).toMatchObject([{ files: ['part-1-audio-0.mjr'] }]);
  });

  test('gets the number of the part that it is there', async () => {
    const [own, shared] = [await files.open('r1', 1), await files.open('r2', 1)];
    await record(own, 'audio-0', 100);
    await record(shared, 'audio-0', 200);
    const parts = [own, shared].map((base) => ({ base, offsetMs: 0, durationMs: 1000 }));
    expect(await files.close(facts('r1'), parts)).toEqual(whole(300));
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

describe('of an engine that was taken over,', () => {
  let elsewhere: string;
  let secret: string;
  beforeEach(async () => {
    elsewhere = await mkdtemp(join(tmpdir(), 'patchbay-test-elsewhere-'));
    secret = join(elsewhere, 'secret');
    await writeFile(secret, 'secret'.repeat(100));
    return () => rm(elsewhere, { recursive: true });
  });

  test.each(oddThings)('%s is no file of a recording, and its part is incomplete', async (_, put) => {
    const base = await files.open('r1', 1);
    await record(base, 'audio-0');
    await put(`${base}-video-1.mjr`, secret);
    const { bytes, refused } = await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }]);
    expect([bytes, refused]).toEqual([1000, [new RefusedError('part-1-video-1.mjr is no file')]]);
    expect((await manifest('r1')).parts).toMatchObject([{ files: ['part-1-audio-0.mjr'], incomplete: true }]);
  });

  test.each(oddThings)('%s is left where it is by those who share the tape', async (_, put) => {
    const base = await files.open('r1', 1);
    await put(`${base}-audio-0.mjr`, secret);
    await record(base, 'video-1');
    await expect(files.adopt('r2', 1, base)).rejects.toThrow(RefusedError);
    expect(await namesIn('r2')).toEqual(['part-1-video-1.mjr']);
    const { bytes, refused } = await files.close(facts('r2'), [{ base, offsetMs: 0, durationMs: 5000 }]);
    expect([bytes, refused.length]).toEqual([1000, 1]);
    expect((await manifest('r2')).parts).toMatchObject([{ files: ['part-1-video-1.mjr'], incomplete: true }]);
  });

  test.each([
    ['a link', symlink],
    ['the same file', link],
  ])('%s in the place of the draft is not written through', async (_, put) => {
    const base = await files.open('r1', 1);
    await put(secret, join(dir, 'r1', '.recording.json'));
    await files.close(facts('r1'), [{ base, offsetMs: 0, durationMs: 5000 }]);
    expect(await readFile(secret, 'utf8')).toBe('secret'.repeat(100));
    expect(await manifest('r1')).toMatchObject({ recording_id: 'r1' });
    expect(await namesIn('r1')).toEqual(['recording.json']);
  });

  test('a link in the place of the folder leads nobody there, nor does one above it', async () => {
    const base = await files.open('r1', 1);
    await rm(join(dir, 'r1'), { recursive: true });
    await symlink(elsewhere, join(dir, 'r1'));
    await record(join(elsewhere, 'part-1'), 'audio-0');
    const parts = [{ base, offsetMs: 0, durationMs: 5000 }];
    await expect(files.close(facts('r1'), parts)).rejects.toThrow(RefusedError);
    await expect(files.close(facts('r1'), [])).rejects.toThrow(RefusedError);
    await expect(files.adopt('r2', 1, base)).rejects.toThrow(RefusedError);
    await expect(files.discard('r1')).rejects.toThrow(RefusedError);
    await rename(dir, `${dir}-moved`);
    await mkdir(join(elsewhere, 'r3'));
    await symlink(elsewhere, dir);
    await expect(files.close(facts('r3'), [])).rejects.toThrow(RefusedError);
    await rm(`${dir}-moved`, { recursive: true });
    expect((await readdir(elsewhere)).sort()).toEqual(['part-1-audio-0.mjr', 'r3', 'secret']);
    expect(await readdir(join(elsewhere, 'r3'))).toEqual([]);
  });

  test('a link is deleted, not what it leads to', async () => {
    const base = await files.open('r1', 1);
    await symlink(elsewhere, `${base}-audio-0.mjr`);
    await files.discard('r1');
    expect([await readdir(dir), await readdir(elsewhere)]).toEqual([[], ['secret']]);
  });
});
