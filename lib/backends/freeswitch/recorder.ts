import { workMs } from '../../domain/patience.ts';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaRecorder } from '../backend.ts';
import type { FreeSwitchConnection } from './connection.ts';
import type { EslCommand } from './requests.ts';

/** How long FreeSWITCH may take to close a file, once it has answered that it will. */
export const closeMs = workMs / 2;

/** Files that FreeSWITCH writes; it tells of each when it is complete, because it was told to or because a call ended. */
export class OpenFiles {
  readonly #files = new Map<string, () => void>();

  /** From now on it is watched. */
  open(file: string): OpenFile {
    const closed = Promise.withResolvers<void>();
    const one = { isClosed: false, closed: closed.promise, forget: () => this.#files.delete(file) };
    this.#files.set(file, () => {
      one.isClosed = true;
      closed.resolve();
    });
    return one;
  }

  closed(file: string): void {
    this.#files.get(file)?.();
    this.#files.delete(file);
  }
}

interface OpenFile {
  readonly isClosed: boolean;
  readonly closed: Promise<void>;
  readonly forget: () => void;
}

export interface RecorderOptions {
  readonly connection: FreeSwitchConnection;
  /** What the files' names end with, one a file. @throws PatchbayError when there is nothing to record now */
  readonly suffixes: () => Promise<readonly string[]>;
  readonly command: (isStart: boolean, file: string) => EslCommand;
  /** Nothing more is to be heard of what was recorded. */
  readonly isLost: () => boolean;
}

/** A file that is being written. */
interface Tape {
  readonly name: string;
  readonly file: OpenFile;
}

/** Writes the files of one recording at a time. FreeSWITCH says yes to a second start: it is ours to know that there is one. */
export class FreeSwitchRecorder implements MediaRecorder {
  readonly #options: RecorderOptions;
  #tapes: readonly Tape[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  async start(base: string): Promise<void> {
    const tapes: Tape[] = [];
    try {
      for (const suffix of await this.#options.suffixes()) tapes.push(await this.#record(`${base}${suffix}`));
    } catch (error) {
      // All of them, or none.
      await Promise.allSettled(tapes.map((tape) => this.#close(tape)));
      throw error;
    }
    this.#tapes = tapes;
  }

  /** @throws PatchbayError recording_failed when FreeSWITCH does not tell that the files are complete */
  async stop(): Promise<void> {
    const tapes = this.#tapes;
    this.#tapes = [];
    // Whatever becomes of one, the others are whole before this ends.
    const closed = await Promise.allSettled(tapes.map((tape) => this.#close(tape)));
    for (const one of closed) if (one.status === 'rejected') throw one.reason;
  }

  async #record(name: string): Promise<Tape> {
    const { connection, command } = this.#options;
    const order = command(true, name);
    const file = connection.files.open(name);
    try {
      await connection.request(order, 'recording');
    } catch (error) {
      file.forget();
      throw error;
    }
    return { name, file };
  }

  async #close({ name, file }: Tape): Promise<void> {
    const { connection, command, isLost } = this.#options;
    const failed = () => new PatchbayError('recording_failed', 'FreeSWITCH did not close the file');
    try {
      if (!file.isClosed) await connection.request(command(false, name), 'recording').catch(unlessOver);
      if (isLost() && !file.isClosed) throw failed();
      await withTimeout(file.closed, closeMs, failed);
    } finally {
      file.forget();
    }
  }
}

/** What has ended closes its files by itself. */
function unlessOver(error: unknown): void {
  const isOver = error instanceof PatchbayError && /^(fs_channel_stop|room_not_found)$/.test(error.reason);
  if (!isOver) throw error;
}
