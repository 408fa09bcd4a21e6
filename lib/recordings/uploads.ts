import { readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { backoffMs } from '../domain/backoff.ts';
import type { Log } from '../domain/log.ts';
import { type Patience, pause } from '../domain/pause.ts';
import { Bucket } from './bucket.ts';
import { isWhole, type Manifest, manifest } from './manifest.ts';
import { emptyFolder, RefusedError, removeFolder, withFile, withFolder } from './no-links.ts';
import { keyPrefix, manifestName } from './place.ts';
import { Slots } from './slots.ts';

/** Whether a recording is in the bucket, whole, or could not be brought there so far, or is there, but not whole. */
export type UploadState = 'available' | 'failed';

/** Recordings that are sent at the same time: each holds a part of a file in memory. */
const sentAtOnce = 2;
const backoff = { baseMs: 1000, maxMs: 60_000 };
/** About five minutes, the requests' own tries aside; it is tried on for as long as the node lives. */
const triesBeforeFailed = 10;
/** A folder that is in the bucket is renamed before it is deleted: half deleted, it must not look like half recorded. */
const storedPrefix = '.stored-';

export interface UploadsOptions extends Omit<Patience, 'signal'> {
  /** The folder that has a folder for each recording. */
  readonly dir: string;
  /** The bucket's name. */
  readonly bucket: string;
  readonly client: S3Client;
  readonly log: Log;
  /** Told once a recording is in the bucket, or counts as failed; one that failed may still become available. */
  readonly onState: (facts: Manifest, state: UploadState, uri: string) => void;
}

type Tell = (state: UploadState) => void;

/**
 * Brings recordings to S3 once their files are complete, and deletes them here when each object has been checked. Whatever
 * ends the process in between, the next one finds the folder and goes on.
 *
 * ```
 *  complete ──▶ sent, checked ──▶ deleted here: available (failed, if it is not whole)
 *     ▲  └── refused, cut off ──▶ waits, longer each time (failed after the tenth)
 *     └──────────────────────────────┘
 * ```
 * What no engine of ours leaves there (`RefusedError`) has failed at once, and is left alone.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  /** Owns every request and every wait. */
  readonly #abort = new AbortController();
  readonly #bucket: Bucket;
  readonly #slots = new Slots(sentAtOnce);
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: UploadsOptions) {
    this.#options = options;
    const { clock, random, bucket, client } = options;
    this.#bucket = new Bucket(bucket, client, { clock, random, signal: this.#abort.signal });
  }

  /** Recordings that are complete, but not in the bucket yet. */
  get pending(): number {
    return this.#running.size;
  }

  uri(recordingId: string, tenant: string): string {
    return `s3://${this.#options.bucket}/${keyPrefix(recordingId, tenant)}/${manifestName}`;
  }

  /** Takes up what earlier processes left on the disk. */
  async start(): Promise<void> {
    const { dir, log } = this.#options;
    const folders = await readdir(dir, { withFileTypes: true }).catch(() => []);
    for (const { name } of folders.filter((entry) => entry.isDirectory())) {
      if (name.startsWith(storedPrefix)) {
        await this.#deleted(name, removeFolder(dir, name));
        continue;
      }
      try {
        if ((await readdir(join(dir, name))).includes(manifestName)) this.add(name);
        else log.warn({ recording_id: name }, 'a recording of an earlier process was never completed');
      } catch (error) {
        // It keeps neither the others nor the node from starting.
        log.error({ err: error, recording_id: name }, 'recording failed: its folder cannot be read');
      }
    }
  }

  /** @param tell as `onState`, for whoever made the recording */
  add(recordingId: string, tell: Tell = () => {}): void {
    if (this.#running.has(recordingId)) return;
    const running = this.#persist(recordingId, tell).finally(() => this.#running.delete(recordingId));
    this.#running.set(recordingId, running);
  }

  /** Waits until all is in the bucket, also what comes meanwhile. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Waits until all is in the bucket, or `timeoutMs` have passed: what is left is for the next process. */
  async close(timeoutMs: number): Promise<void> {
    const { clock, log, client } = this.#options;
    const cancel = clock.after(timeoutMs, () => this.#abort.abort(new Error('the node stops')));
    await this.idle();
    cancel();
    client.destroy();
    if (this.#abort.signal.aborted) log.warn({ dir: this.#options.dir }, 'stopped before all recordings were uploaded');
  }

  async #persist(recordingId: string, tell: Tell): Promise<void> {
    const { clock, random, log } = this.#options;
    const { signal } = this.#abort;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.#slots.run(() => this.#upload(recordingId, tell));
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RefusedError) {
          log.error({ err: error, recording_id: recordingId }, 'recording failed: something else is in its place');
          return this.#fail(recordingId, tell);
        }
        log.warn({ err: error, recording_id: recordingId, attempt }, 'recording not uploaded, trying again');
        if (attempt + 1 === triesBeforeFailed) {
          log.error({ recording_id: recordingId }, 'recording failed: it is not in the bucket');
          await this.#fail(recordingId, tell);
        }
        await pause(backoffMs(attempt, backoff.baseMs, backoff.maxMs, random), { clock, signal }).catch(() => {});
      }
    }
  }

  /** @throws Error when it is not all there */
  async #upload(recordingId: string, tell: Tell): Promise<void> {
    this.#abort.signal.throwIfAborted();
    const { dir } = this.#options;
    await withFolder(dir, recordingId, async (folder) => {
      const facts = await read(folder, recordingId);
      const names = facts.parts.flatMap(({ files }) => files);
      if (names.length > 0) {
        const prefix = keyPrefix(recordingId, facts.tenant);
        // The manifest last: where it is, the rest is.
        for (const name of [...names, manifestName]) await this.#bucket.store(`${prefix}/${name}`, join(folder, name));
      }
      const stored = join(dir, `${storedPrefix}${recordingId}`);
      await rename(join(dir, recordingId), stored);
      if (names.length > 0) this.#told(facts, isWhole(facts) ? 'available' : 'failed', tell);
      await this.#deleted(
        recordingId,
        emptyFolder(folder).then(() => rmdir(stored)),
      );
    });
  }

  /** What stays on the disk is for the next process to delete. */
  async #deleted(name: string, deletion: Promise<void>): Promise<void> {
    const recordingId = name.replace(storedPrefix, '');
    await deletion.catch((error: unknown) =>
      this.#options.log.warn({ err: error, recording_id: recordingId }, 'an uploaded recording is still on the disk'),
    );
  }

  async #fail(recordingId: string, tell: Tell): Promise<void> {
    const reading = withFolder(this.#options.dir, recordingId, (folder) => read(folder, recordingId));
    const facts = await reading.catch(() => undefined);
    if (facts) this.#told(facts, 'failed', tell);
    else tell('failed');
  }

  #told(facts: Manifest, state: UploadState, tell: Tell): void {
    tell(state);
    this.#options.onState(facts, state, this.uri(facts.recording_id, facts.tenant));
  }
}

/** @throws RefusedError when what is there is not this recording's manifest */
async function read(folder: string, recordingId: string): Promise<Manifest> {
  const text = await withFile(join(folder, manifestName), (file) => file.readFile('utf8'));
  const facts = parse(text);
  if (facts.recording_id !== recordingId) throw new RefusedError(`${manifestName} is another recording's`);
  return facts;
}

function parse(text: string): Manifest {
  try {
    return manifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new RefusedError(`${manifestName} is no manifest`, { cause });
  }
}
