import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaRecorder } from '../backend.ts';
import type { FreeSwitchConnection } from './connection.ts';
import type { EslCommand } from './requests.ts';

/** How long FreeSWITCH may take to close a file. */
const closeMs = 5000;

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
  /** What the file's name ends with. @throws PatchbayError when there is nothing to record now */
  readonly suffix: () => Promise<string>;
  readonly command: (isStart: boolean, file: string) => EslCommand;
  /** Nothing more is to be heard of what was recorded. */
  readonly isLost: () => boolean;
}

/** Writes one file at a time. FreeSWITCH says yes to a second start: it is ours to know that there is one. */
export class FreeSwitchRecorder implements MediaRecorder {
  readonly #options: RecorderOptions;
  #tape: { readonly name: string; readonly file: OpenFile } | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  async start(base: string): Promise<void> {
    const { connection, suffix, command } = this.#options;
    const name = `${base}${await suffix()}`;
    const order = command(true, name);
    const file = connection.files.open(name);
    try {
      await connection.request(order, 'recording');
    } catch (error) {
      file.forget();
      throw error;
    }
    this.#tape = { name, file };
  }

  /** @throws PatchbayError recording_failed when FreeSWITCH does not tell that the file is complete */
  async stop(): Promise<void> {
    const tape = this.#tape;
    if (!tape) return;
    this.#tape = undefined;
    const { name, file } = tape;
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
