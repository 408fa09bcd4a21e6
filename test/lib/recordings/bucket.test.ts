import { randomFillSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bucket, s3Client } from '../../../lib/recordings/bucket.ts';
import { impatient } from '../../support/clock.ts';
import { FakeS3, slowDown } from '../../support/fake-s3.ts';
import { oddThings, replace } from '../../support/odd-things.ts';

const mebibyte = 1024 * 1024;
let s3: FakeS3;
let client: S3Client;
let dir: string;
let abort: AbortController;
let bucket: Bucket;
beforeEach(async () => {
  s3 = await new FakeS3().start();
  client = s3Client(s3.url);
  dir = await mkdtemp(join(tmpdir(), 'patchbay-test-bucket-'));
  abort = new AbortController();
  bucket = new Bucket('calls', client, { clock: impatient, random: () => 0, signal: abort.signal });
});
afterEach(async () => {
  client.destroy();
  await s3.stop();
  await rm(dir, { recursive: true, force: true });
});

async function file(bytes: number): Promise<{ path: string; content: Buffer }> {
  const path = join(dir, 'a.mjr');
  const content = randomFillSync(Buffer.alloc(bytes));
  await writeFile(path, content);
  return { path, content };
}
const verbs = () => s3.requests.map((request) => request.split(' ')[0]);
const stored = (key: string) => s3.objects.get(`calls/${key}`);

describe('a file', () => {
  test.each([0, 1, 300_000, 8 * mebibyte])('of %i bytes is put whole, and compared', async (bytes) => {
    const { path, content } = await file(bytes);
    await bucket.store('acme/a.mjr', path);
    expect(stored('acme/a.mjr')?.body.equals(content)).toBe(true);
    expect(verbs()).toEqual(['HEAD', 'PUT', 'HEAD']);
  });

  test.each([
    [8 * mebibyte + 1, 2],
    [20 * mebibyte, 3],
  ])('of %i bytes goes in %i parts, with the checksum of the whole', async (bytes, parts) => {
    const { path, content } = await file(bytes);
    await bucket.store('acme/a.mjr', path);
    expect(stored('acme/a.mjr')?.body.equals(content)).toBe(true);
    expect(stored('acme/a.mjr')?.parts).toBe(parts);
    expect(s3.unfinished).toBe(0);
  });

  test.each([
    ['a.json', 'application/json'],
    ['a.wav', 'audio/wav'],
    ['a.mjr', 'application/octet-stream'],
  ])('%s is stored as %s', async (name, type) => {
    const { path } = await file(10);
    await bucket.store(name, path);
    expect(stored(name)?.contentType).toBe(type);
  });

  test('that is there already is not sent again', async () => {
    const { path } = await file(1000);
    await bucket.store('a', path);
    await bucket.store('a', path);
    expect(verbs()).toEqual(['HEAD', 'PUT', 'HEAD', 'HEAD']);
  });

  test('of the same size with other content is sent again', async () => {
    await bucket.store('a', (await file(1000)).path);
    const { path, content } = await file(1000);
    await bucket.store('a', path);
    expect(stored('a')?.body.equals(content)).toBe(true);
  });
});

test.each(oddThings)('%s is no file: nothing is sent', async (_, put) => {
  const { path } = await file(1000);
  const odd = join(dir, 'odd.mjr');
  await put(odd, path);
  await expect(bucket.store('a', odd)).rejects.toThrow('odd.mjr is no file');
  expect(verbs()).toEqual([]);
});

test('what is sent is the file that was summed, whatever is put in its place meanwhile', async () => {
  const { path, content } = await file(9 * mebibyte);
  const { promise, resolve } = Promise.withResolvers<void>();
  s3.hold = { on: /^HEAD/, until: promise };
  const storing = bucket.store('a', path);
  await expect.poll(verbs).toEqual(['HEAD']);
  const other = join(dir, 'other');
  await writeFile(other, Buffer.alloc(content.length, 's'));
  await replace(path, other);
  resolve();
  await storing;
  expect(stored('a')?.body.equals(content)).toBe(true);
});

describe('what goes wrong on the way is tried again:', () => {
  test.each([
    ['503 SlowDown', slowDown],
    ['500', { status: 500, code: 'InternalError' }],
    ['a connection that is cut in the middle', 'cut'],
    ['an answer that never comes', 'unanswered'],
  ] as const)('%s', async (_, fault) => {
    const { path, content } = await file(4 * mebibyte);
    s3.fail(/^PUT/, fault, 2);
    await bucket.store('a', path);
    expect(stored('a')?.body.equals(content)).toBe(true);
  });

  test.each(['CREATE', 'PART', 'COMPLETE'])('SlowDown and a cut connection at %s', async (verb) => {
    const { path, content } = await file(9 * mebibyte);
    s3.fail(new RegExp(`^${verb}`), slowDown);
    if (verb === 'PART') s3.fail(/^PART/, 'cut');
    await bucket.store('a', path);
    expect(stored('a')?.body.equals(content)).toBe(true);
    expect(s3.unfinished).toBe(0);
  });

  test('only the part that failed', async () => {
    const { path } = await file(20 * mebibyte);
    s3.fail(/^PART/, 'cut');
    await bucket.store('a', path);
    expect(verbs().filter((verb) => verb === 'PART')).toHaveLength(4);
  });
});

describe('refused is', () => {
  test('what S3 keeps refusing, with its own words, and no part stays behind', async () => {
    const { path } = await file(9 * mebibyte);
    s3.fail(/^PART/, { status: 403, code: 'AccessDenied' }, 5);
    await expect(bucket.store('a', path)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect([s3.unfinished, verbs().at(-1), s3.keys()]).toEqual([0, 'ABORT', []]);
  });

  test('an object that is not what the file is', async () => {
    const { path } = await file(1000);
    s3.fail(/^PUT/, 'damage');
    await expect(bucket.store('a', path)).rejects.toThrow('a in the bucket is not what it is on the disk');
  });

  test('an upload whose completion went unseen, for the next try to find it there', async () => {
    const { path, content } = await file(9 * mebibyte);
    s3.fail(/^COMPLETE/, 'unanswered');
    await expect(bucket.store('a', path)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    s3.requests.length = 0;
    await bucket.store('a', path);
    expect(verbs()).toEqual(['HEAD']);
    expect(stored('a')?.body.equals(content)).toBe(true);
  });

  test('everything once it is aborted, at once', async () => {
    const { path } = await file(1000);
    s3.hold = { on: /^PUT/, until: new Promise(() => {}) };
    const storing = bucket.store('a', path);
    await expect.poll(verbs).toContain('PUT');
    abort.abort(new Error('the node stops'));
    await expect(storing).rejects.toThrow();
    await expect(bucket.store('a', path)).rejects.toThrow();
  });
});

test('a bucket that lets nobody list answers 403 for what is not there: it is put all the same', async () => {
  const { path } = await file(10);
  s3.fail(/^HEAD/, { status: 403, code: 'Forbidden' });
  await bucket.store('a', path);
  expect(s3.keys()).toEqual(['calls/a']);
});
