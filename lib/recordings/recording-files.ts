import { link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Manifest } from './manifest.ts';
import { hasCode, RefusedError, removeFolder, withFile, withFolder } from './no-links.ts';
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

/** What has become of a recording's files. */
export interface Gathered {
  /** Of all of them; 0 when there is none with media in it. */
  readonly bytes: number;
  /** What was in the place of files, in parts that were thought to be whole. */
  readonly refused: readonly RefusedError[];
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
   *
   * @throws RefusedError when there is something else among them, which is left where it is
   */
  async adopt(recordingId: string, part: number, base: string): Promise<void> {
    const [refused] = await this.#link(base, await this.open(recordingId, part));
    if (refused) throw refused;
  }

  /** A part that was never written to after all. */
  async discard(recordingId: string): Promise<void> {
    await removeFolder(this.#dir, recordingId).catch(unless('ENOENT'));
  }

  /**
   * Gathers the parts' files, to which nothing is added, and writes `recording.json`: all of it or nothing. A part with
   * something else among its files is incomplete.
   *
   * @throws RefusedError when the recording's folder is a link
   */
  async close(facts: RecordingFacts, parts: readonly Part[]): Promise<Gathered> {
    const { recordingId } = facts;
    let bytes = 0;
    const refused: RefusedError[] = [];
    const described: Manifest['parts'] = [];
    for (const [at, { base, offsetMs, durationMs, isIncomplete }] of parts.entries()) {
      const own = await this.open(recordingId, at + 1);
      const left = base === own ? [] : await this.#linkRest(base, own);
      const found = await this.#find(own);
      const odd = [...left, ...found.refused];
      const files = found.files.filter(({ size }) => size > emptyFileBytes);
      bytes += files.reduce((sum, { size }) => sum + size, 0);
      if (!isIncomplete) refused.push(...odd);
      described.push({
        files: files.map(({ name }) => name),
        offset_ms: offsetMs,
        duration_ms: durationMs,
        ...((isIncomplete || odd.length > 0) && { incomplete: true }),
      });
    }
    await this.#write(recordingId, JSON.stringify(describe(facts, described), null, 2));
    return { bytes, refused };
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

  /** @returns what is among the files after a base, and is none */
  async #link(base: string, own: string): Promise<readonly RefusedError[]> {
    const { files, refused } = await this.#find(base);
    if (own === base || files.length === 0) return refused;
    await withFolder(this.#dir, folderOf(base), (source) =>
      withFolder(this.#dir, folderOf(own), async (target) => {
        for (const { name } of files) {
          const ownName = `${basename(own)}${name.slice(basename(base).length)}`;
          await link(join(source, name), join(target, ownName)).catch(unless('EEXIST'));
        }
      }),
    );
    return refused;
  }

  /** The same of what was not adopted yet. Whoever began the tape may be deleting his own by now: what was adopted is there. */
  async #linkRest(base: string, own: string): Promise<readonly RefusedError[]> {
    const { files: adopted } = await this.#find(own);
    try {
      return await this.#link(base, own);
    } catch (error) {
      if (adopted.length > 0) return [];
      throw error;
    }
  }

  /** What there is after a base, in order. */
  async #find(base: string): Promise<Found> {
    const files: { name: string; size: number }[] = [];
    const refused: RefusedError[] = [];
    await withFolder(this.#dir, folderOf(base), async (folder) => {
      const names = (await readdir(folder)).filter((name) => name.startsWith(`${basename(base)}-`));
      for (const name of names.sort()) {
        try {
          const { size } = await withFile(join(folder, name), (file) => file.stat());
          files.push({ name, size });
        } catch (error) {
          if (error instanceof RefusedError) refused.push(error);
          else throw new Error(`${name} cannot be read`, { cause: error });
        }
      }
    }).catch(unless('ENOENT'));
    return { files, refused };
  }

  async #write(recordingId: string, content: string): Promise<void> {
    await mkdir(join(this.#dir, recordingId), { recursive: true });
    await withFolder(this.#dir, recordingId, async (folder) => {
      const draft = join(folder, `.${manifestName}`);
      await rm(draft, { force: true });
      await writeFile(draft, content, { flag: 'wx' });
      await rename(draft, join(folder, manifestName));
    });
  }
}

interface Found {
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly refused: readonly RefusedError[];
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

const folderOf = (base: string): string => basename(dirname(base));

/** Nothing there, or adopted already. */
const unless = (code: string) => (error: unknown) => {
  if (!hasCode(error, code)) throw error;
};
