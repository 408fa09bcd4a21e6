import { type Clock, isoTime } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import { PatchbayError, type Reason } from '../../protocol/errors.ts';
import type { SessionStatus } from '../../protocol/events.ts';
import type { Recording, RecordingState } from '../../protocol/recording.ts';
import { RefusedError } from '../../recordings/no-links.ts';
import type { RecordingFiles, RecordingSubject } from '../../recordings/recording-files.ts';
import { makeRecordingId } from '../../recordings/recording-id.ts';
import { settle } from '../settle.ts';
import type { SharedRecorder, Take } from './shared-recorder.ts';

/** An engine's own words are not the client's business. */
const engineErrors: readonly Reason[] = ['janus_error', 'fs_error'];

/** As many as its list can hold on a page. */
const maxRecordings = 200;

/** What recordings need of their session or room. */
export interface RecordingsHost {
  readonly tenant: string;
  readonly of: RecordingSubject;
  /** The session's type now, or the room's class. */
  type(): string;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: RecordingFiles;
  /** What records the media now; undefined where that is not done. */
  recorder(): SharedRecorder | undefined;
  tell(status: SessionStatus): void;
}

interface Entry {
  readonly recordingId: string;
  readonly type: string;
  readonly startedAtMs: number;
  readonly takes: Take[];
  state: RecordingState;
  durationMs: number;
  bytes: number | undefined;
}

/**
 * The recordings of one session or room, one at a time. Before the session is ready a start is only remembered.
 *
 * ```
 *  start ──▶ started ──── stop, or the session ends ──▶ processing ──── files complete, in the bucket ──▶ available
 *     └── engine refuses ──▶ failed ◀── no file with media, or none knows ─┘
 *                                       whether what there is is whole
 * ```
 */
export class SessionRecordings {
  readonly #host: RecordingsHost;
  readonly #ended: Entry[] = [];
  /** Those whose files are still to be gathered. */
  readonly #closing = new Map<Entry, Promise<void>>();
  #current: Entry | undefined;
  /** The id of one that begins when the session is ready. */
  #wanted: string | undefined;

  constructor(host: RecordingsHost, wanted: boolean) {
    this.#host = host;
    if (wanted) this.#wanted = makeRecordingId(host.clock.nowMs());
  }

  get list(): Recording[] {
    return [...this.#ended, ...(this.#current ? [this.#current] : [])].map((entry) => this.#view(entry));
  }

  /** What `recorder_action` can do now. */
  get actions(): string[] {
    const running = this.#current ?? this.#wanted;
    const next = running ? ['stop'] : this.#host.recorder() ? ['start'] : [];
    return ['get_actions', 'list', ...next];
  }

  /** Resolves when the files of all that has ended are gathered: others may still record on them. */
  async gathered(): Promise<void> {
    await Promise.all(this.#closing.values());
  }

  /** @throws PatchbayError invalid_operation, invalid_state, recording_failed; or what the engine refused */
  async start(isReady: boolean): Promise<{ recording_id: string; uri: string }> {
    const recordingId = makeRecordingId(this.#host.clock.nowMs());
    const running = this.#current?.recordingId ?? this.#wanted;
    if (running !== undefined) throw new PatchbayError('invalid_state', `recording ${running} is under way`);
    if (this.#ended.length >= maxRecordings) {
      throw new PatchbayError('rate_limited', `there are ${maxRecordings} recordings of this ${this.#what} already`);
    }
    this.#recorder();
    if (isReady) await this.#begin(recordingId);
    else this.#wanted = recordingId;
    return { recording_id: recordingId, uri: this.#uri(recordingId) };
  }

  /** @throws PatchbayError no_active_recorder */
  async stop(): Promise<{ recording_id: string; uri: string; duration: number }> {
    const wanted = this.#wanted;
    if (wanted !== undefined) {
      this.#wanted = undefined;
      return { recording_id: wanted, uri: this.#uri(wanted), duration: 0 };
    }
    const entry = this.#current;
    if (!entry) throw new PatchbayError('no_active_recorder');
    await this.#end(entry);
    return { recording_id: entry.recordingId, uri: this.#uri(entry.recordingId), duration: entry.durationMs / 1000 };
  }

  /** The session is ready: what was wanted begins. A failure is told by a status. */
  async ready(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined) await settle(this.#begin(wanted));
  }

  /** The session hears another publisher: its recording goes on there, as a new part. */
  async moved(): Promise<void> {
    const entry = this.#current;
    if (!entry) return;
    await entry.takes.at(-1)?.end();
    const { error } = await settle(this.#record(entry));
    if (error) await this.#end(entry);
  }

  /** The session ends: what runs is closed first, and all files that are complete by now are gathered. Never throws. */
  async close(): Promise<void> {
    this.#wanted = undefined;
    if (this.#current) await this.#end(this.#current);
    await Promise.all([...this.#closing].map(([entry, gathering]) => (isComplete(entry) ? gathering : undefined)));
  }

  #recorder(): SharedRecorder {
    const recorder = this.#host.recorder();
    if (recorder) return recorder;
    throw new PatchbayError(
      'invalid_operation',
      `the media of this ${this.#host.type()} ${this.#what} cannot be recorded here`,
    );
  }

  #uri(recordingId: string): string {
    return this.#host.files.uri(recordingId, this.#host.tenant);
  }

  get #what(): 'room' | 'session' {
    return 'roomId' in this.#host.of ? 'room' : 'session';
  }

  async #begin(recordingId: string): Promise<void> {
    const entry: Entry = {
      recordingId,
      type: this.#host.type(),
      startedAtMs: this.#host.clock.nowMs(),
      takes: [],
      state: 'started',
      durationMs: 0,
      bytes: undefined,
    };
    this.#current = entry;
    try {
      await this.#record(entry);
    } catch (cause) {
      this.#current = undefined;
      this.#ended.push(entry);
      await settle(this.#host.files.discard(recordingId));
      this.#setState(entry, 'failed');
      if (cause instanceof PatchbayError && !engineErrors.includes(cause.reason)) throw cause;
      throw new PatchbayError('recording_failed', undefined, { cause });
    }
    this.#setState(entry, 'started');
  }

  async #record(entry: Entry): Promise<void> {
    const { files, log } = this.#host;
    const part = [entry.recordingId, entry.takes.length + 1] as const;
    const keep = (base: string) =>
      files.adopt(...part, base).catch((error: unknown) => {
        if (error instanceof RefusedError) throw error;
        log.error({ err: error, recording_id: entry.recordingId }, 'files of a recording are missing');
      });
    entry.takes.push(await this.#recorder().begin(() => files.open(...part), keep));
  }

  async #end(entry: Entry): Promise<void> {
    this.#current = undefined;
    this.#ended.push(entry);
    await entry.takes.at(-1)?.end();
    entry.durationMs = entry.takes.reduce((sum, take) => sum + take.part().durationMs, 0);
    this.#setState(entry, 'processing');
    const gathering = this.#gather(entry).finally(() => this.#closing.delete(entry));
    this.#closing.set(entry, gathering);
    if (isComplete(entry)) await gathering;
  }

  async #gather(entry: Entry): Promise<void> {
    const { tenant, of, files, log } = this.#host;
    const { recordingId, type, durationMs } = entry;
    try {
      await Promise.all(entry.takes.map(({ closed }) => closed));
      const broken = entry.takes.filter((take) => take.failure !== undefined);
      for (const { failure } of broken) this.#logFailed(recordingId, failure);
      const facts = { recordingId, tenant, of, type, startedAt: isoTime(entry.startedAtMs), durationMs };
      const { bytes, refused } = await files.close(
        facts,
        entry.takes.map((take) => take.part()),
      );
      entry.bytes = bytes;
      for (const error of refused) this.#logFailed(recordingId, error);
      const isWhole = broken.length === 0 && refused.length === 0;
      const isKept = files.keep(recordingId, (state) => this.#setState(entry, state));
      if (bytes === 0) this.#setState(entry, 'failed');
      else if (isKept) this.#setState(entry, isWhole ? 'available' : 'failed');
    } catch (error) {
      log.error({ err: error, ...of, recording_id: recordingId }, 'recording failed: its files could not be gathered');
      this.#setState(entry, 'failed');
    }
  }

  #logFailed(recordingId: string, err: unknown): void {
    const why = err instanceof RefusedError ? 'something else is among its files' : 'its engine did not end it';
    this.#host.log.error({ err, ...this.#host.of, recording_id: recordingId }, `recording failed: ${why}`);
  }

  #setState(entry: Entry, state: RecordingState): void {
    entry.state = state;
    const { started_at: _, ...status } = this.#view(entry);
    this.#host.tell({ class: 'recording', ...status });
  }

  #view({ recordingId, startedAtMs, state, durationMs, bytes }: Entry): Recording {
    return {
      recording_id: recordingId,
      state,
      uri: this.#uri(recordingId),
      started_at: isoTime(startedAtMs),
      ...(state !== 'started' && { duration: durationMs / 1000 }),
      ...(bytes !== undefined && { bytes }),
    };
  }
}

/** Files that somebody else still records on become complete later. */
const isComplete = ({ takes }: Entry): boolean => takes.every(({ isClosed }) => isClosed);
