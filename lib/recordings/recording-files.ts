import { link, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A slice of what a recorder wrote: a recording has several when its listener changed publishers. */
export interface Part {
  /** The beginning of its files' paths, as the recorder was given it. */
  readonly base: string;
  /** Where in those files it begins, and how long it is. */
  readonly offsetMs: number;
  readonly durationMs: number;
}

/** Of what a recording is: what one session sends or hears, or the mix of a room. */
export type RecordingSubject = { readonly sessionId: string } | { readonly roomId: string };

/** What `recording.json` says of a recording beside its parts. */
export interface RecordingFacts {
  readonly recordingId: string;
  readonly of: RecordingSubject;
  /** The type of the session, or the class of the room, when it began. */
  readonly type: string;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** A header alone: what a recorder leaves for a track that never carried media. */
const emptyFileBytes = 64;
const manifest = 'recording.json';

/**
 * The files of recordings: a folder each, named by its id, with the engine's files and `recording.json`, which says what
 * part of them it is. A file that several recordings share is in the folder of each (a hard link), so that each can be
 * moved or deleted by itself.
 */
export class RecordingFiles {
  readonly #dir: string;
  readonly #url: string;

  /** @param url under which the folder is served, without a slash at its end */
  constructor(dir: string, url: string) {
    this.#dir = dir;
    this.#url = url;
  }

  uri(recordingId: string): string {
    return `${this.#url}/${recordingId}/${manifest}`;
  }

  /** Makes the folder and returns the base for the recording's part of this number (from 1). */
  async open(recordingId: string, part: number): Promise<string> {
    await mkdir(join(this.#dir, recordingId), { recursive: true });
    return join(this.#dir, recordingId, `part-${part}`);
  }

  /** A part that was never written to after all. */
  async discard(recordingId: string): Promise<void> {
    await rm(join(this.#dir, recordingId), { recursive: true, force: true });
  }

  /**
   * Gathers the parts' files, which are complete, and writes `recording.json`.
   *
   * @returns the size of the files in bytes; 0 when there is none with media in it
   */
  async close(facts: RecordingFacts, parts: readonly Part[]): Promise<number> {
    const folder = join(this.#dir, facts.recordingId);
    await mkdir(folder, { recursive: true });
    let bytes = 0;
    const described: object[] = [];
    for (const [at, part] of parts.entries()) {
      const files: string[] = [];
      for (const path of await filesOf(part.base)) {
        const { size } = await stat(path);
        if (size <= emptyFileBytes) continue;
        const name = `part-${at + 1}${basename(path).slice(basename(part.base).length)}`;
        if (join(folder, name) !== path) await link(path, join(folder, name));
        files.push(name);
        bytes += size;
      }
      described.push({ files, offset_ms: part.offsetMs, duration_ms: part.durationMs });
    }
    await writeFile(join(folder, manifest), JSON.stringify(describe(facts, described), null, 2));
    return bytes;
  }
}

const describe = (facts: RecordingFacts, parts: readonly object[]) => ({
  recording_id: facts.recordingId,
  ...('roomId' in facts.of ? { room_id: facts.of.roomId } : { session_id: facts.of.sessionId }),
  type: facts.type,
  started_at: facts.startedAt,
  duration_ms: facts.durationMs,
  parts,
});

async function filesOf(base: string): Promise<string[]> {
  const folder = dirname(base);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(base)}-`))
    .map((name) => join(folder, name))
    .sort();
}
