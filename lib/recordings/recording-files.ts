import { link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Manifest } from './manifest.ts';
import { manifestName } from './place.ts';
import type { Uploads } from './uploads.ts';

/** A slice of what a recorder wrote: a recording has several when its listener changed publishers. */
export interface Part {
  /** The beginning of its files' paths, as the recorder was given it. */
  readonly base: string;
  /** Where in those files it begins, and how long it is. */
  readonly offsetMs: number;
  readonly durationMs: number;
  /** The engine did not say that the files are whole. */
  readonly isIncomplete?: boolean;
}

/** Of what a recording is: what one session sends or hears, or the mix of a room. */
export type RecordingSubject = { readonly sessionId: string } | { readonly roomId: string };

/** What `recording.json` says of a recording beside its parts. */
export interface RecordingFacts {
  readonly recordingId: string;
  readonly tenant: string;
  readonly of: RecordingSubject;
  /** The type of the session, or the class of the room, when it began. */
  readonly type: string;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** A header alone: what a recorder leaves for a track that never carried media. */
const emptyFileBytes = 64;

/**
 * The files of recordings: a folder each, named by its id, with the engine's files and `recording.json`, which says what
 * part of them it is. A file that several recordings share is in the folder of each (a hard link), so that each can be
 * moved or deleted by itself. Complete, they stay there, or go on to a bucket.
 */
export class RecordingFiles {
  readonly #dir: string;
  readonly #home: string | Uploads;

  /** @param home the URL under which the folder is served, without a slash at its end; or what takes recordings to a bucket */
  constructor(dir: string, home: string | Uploads) {
    this.#dir = dir;
    this.#home = home;
  }

  /** Where it will be. */
  uri(recordingId: string, tenant: string): string {
    if (typeof this.#home !== 'string') return this.#home.uri(recordingId, tenant);
    return `${this.#home}/${recordingId}/${manifestName}`;
  }

  /** Makes the folder and returns the base for the recording's part of this number (from 1). */
  async open(recordingId: string, part: number): Promise<string> {
    await mkdir(join(this.#dir, recordingId), { recursive: true });
    return join(this.#dir, recordingId, `part-${part}`);
  }

  /**
   * Puts a recorder's files, which are complete, into the recording's folder, as its part of this number. Whoever else has
   * them may delete his own from then on.
   */
  async adopt(recordingId: string, part: number, base: string): Promise<void> {
    const own = await this.open(recordingId, part);
    if (own === base) return;
    for (const path of await filesOf(base)) {
      await link(path, `${own}${path.slice(base.length)}`).catch(unlessThere);
    }
  }

  /** A part that was never written to after all. */
  async discard(recordingId: string): Promise<void> {
    await rm(join(this.#dir, recordingId), { recursive: true, force: true });
  }

  /**
   * Gathers the parts' files, to which nothing is added, and writes `recording.json`: all of it or nothing.
   *
   * @returns the size of the files in bytes; 0 when there is none with media in it
   */
  async close(facts: RecordingFacts, parts: readonly Part[]): Promise<number> {
    const { recordingId } = facts;
    const folder = join(this.#dir, recordingId);
    await mkdir(folder, { recursive: true });
    let bytes = 0;
    const described: Manifest['parts'] = [];
    for (const [at, { base, offsetMs, durationMs, isIncomplete }] of parts.entries()) {
      await this.adopt(recordingId, at + 1, base);
      const files: string[] = [];
      for (const path of await filesOf(join(folder, `part-${at + 1}`))) {
        const { size } = await stat(path);
        if (size <= emptyFileBytes) continue;
        files.push(basename(path));
        bytes += size;
      }
      described.push({
        files,
        offset_ms: offsetMs,
        duration_ms: durationMs,
        ...(isIncomplete && { incomplete: true }),
      });
    }
    const draft = join(folder, `.${manifestName}`);
    await writeFile(draft, JSON.stringify(describe(facts, described), null, 2));
    await rename(draft, join(folder, manifestName));
    return bytes;
  }

  /**
   * Hands a recording that is closed on to where it is kept.
   *
   * @param tell what comes of it, unless it stays where it is
   * @returns whether it stays where it is
   */
  keep(recordingId: string, tell: (state: 'available' | 'failed') => void): boolean {
    if (typeof this.#home === 'string') return true;
    this.#home.add(recordingId, tell);
    return false;
  }
}

const describe = (facts: RecordingFacts, parts: Manifest['parts']): Manifest => ({
  recording_id: facts.recordingId,
  tenant: facts.tenant,
  ...('roomId' in facts.of ? { room_id: facts.of.roomId } : { session_id: facts.of.sessionId }),
  type: facts.type,
  started_at: facts.startedAt,
  duration_ms: facts.durationMs,
  parts,
});

/** Adopted already. */
function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

async function filesOf(base: string): Promise<string[]> {
  const folder = dirname(base);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(base)}-`))
    .map((name) => join(folder, name))
    .sort();
}
