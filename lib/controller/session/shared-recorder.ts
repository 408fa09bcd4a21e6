import type { MediaRecorder } from '../../backends/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Part } from '../../recordings/recording-files.ts';
import { SerialQueue } from '../serial-queue.ts';

/** What the recorder writes between its start and its stop. */
interface Tape {
  readonly base: string;
  readonly startedAtMs: number;
  readonly closed: PromiseWithResolvers<void>;
  /** Each recording of it takes its files over once they are complete. */
  readonly keepers: Keep[];
  users: number;
  isClosed: boolean;
  /** Why nobody knows whether the files are whole. */
  failure: unknown;
}

/** Makes the files after a base one's own. Rejects when there is something else among them. */
export type Keep = (base: string) => Promise<void>;

/** One recording's share of a tape. */
export interface Take {
  /** What it is so far, or was until it ended. */
  part(): Part;
  /** Ends it; what it has counts until now. */
  end(): Promise<void>;
  /** Nobody records on that tape any more: its files are as complete as they get. */
  readonly closed: Promise<void>;
  readonly isClosed: boolean;
  /** Why the engine did not say that the files are whole: the last of it may be missing. Undefined where it did. */
  readonly failure: unknown;
}

/** An engine has one recorder for each media session; all who record it share that, each with its own slice of time. */
export class SharedRecorder {
  readonly #engine: MediaRecorder;
  readonly #clock: Clock;
  readonly #queue = new SerialQueue();
  #tape: Tape | undefined;
  #isOver = false;

  constructor(engine: MediaRecorder, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** How many record now. */
  get users(): number {
    return this.#tape?.users ?? 0;
  }

  /**
   * Records from now on.
   *
   * @param base where the files go if nobody records yet; else they are where the first one wanted them
   * @param keep called when the files are complete: all who share them have theirs before any take of them is closed
   * @throws PatchbayError recording_failed once the media have ended; or what the engine refused
   */
  begin(base: () => Promise<string>, keep: Keep): Promise<Take> {
    return this.#queue.run(async () => {
      if (this.#isOver) throw new PatchbayError('recording_failed', 'what is to be recorded has just ended');
      const tape = this.#tape ?? (await this.#start(await base()));
      // The first one begins with the tape, though that may be a moment ago.
      const fromMs = tape.users === 0 ? tape.startedAtMs : this.#clock.nowMs();
      tape.users += 1;
      tape.keepers.push(keep);
      return this.#take(tape, fromMs);
    });
  }

  /** The media session ends: so does every recording of it, with its files as complete as they get. Never throws. */
  close(): Promise<void> {
    return this.#queue.run(() => {
      this.#isOver = true;
      return this.#stop();
    });
  }

  async #start(base: string): Promise<Tape> {
    await this.#engine.start(base);
    const tape: Tape = {
      base,
      startedAtMs: this.#clock.nowMs(),
      closed: Promise.withResolvers(),
      keepers: [],
      users: 0,
      isClosed: false,
      failure: undefined,
    };
    this.#tape = tape;
    return tape;
  }

  #take(tape: Tape, fromMs: number): Take {
    let toMs: number | undefined;
    // A tape that is closed under a take ends it.
    void tape.closed.promise.then(() => {
      toMs ??= this.#clock.nowMs();
    });
    return {
      closed: tape.closed.promise,
      get isClosed() {
        return tape.isClosed;
      },
      get failure() {
        return tape.failure;
      },
      part: () => ({
        base: tape.base,
        offsetMs: fromMs - tape.startedAtMs,
        durationMs: (toMs ?? this.#clock.nowMs()) - fromMs,
        ...(tape.failure !== undefined && { isIncomplete: true }),
      }),
      end: () =>
        this.#queue.run(async () => {
          if (toMs !== undefined) return;
          toMs = this.#clock.nowMs();
          tape.users -= 1;
          if (tape.users === 0 && this.#tape === tape) await this.#stop();
        }),
    };
  }

  /** Of an engine that has gone, or does not answer, there are the files that it has written so far: they are kept all the same. */
  async #stop(): Promise<void> {
    const tape = this.#tape;
    if (!tape) return;
    this.#tape = undefined;
    await this.#engine.stop().catch((error: unknown) => {
      tape.failure = error;
    });
    const keeping = tape.keepers.map((keep) =>
      keep(tape.base).catch((error: unknown) => {
        tape.failure ??= error;
      }),
    );
    await Promise.all(keeping);
    tape.isClosed = true;
    tape.closed.resolve();
  }
}
