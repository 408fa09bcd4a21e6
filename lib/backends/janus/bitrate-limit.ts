import type { Clock } from '../../domain/clock.ts';
import type { MediaSink } from '../backend.ts';

/** RTCP may be lost. The videoroom plugin repeats a limit as often, by itself. */
const everyMs = 5000;

/**
 * Keeps a client to its bitrate. The echotest and videocall plugins tell it to the client once, at the moment when they
 * are asked to: a client that is not connected yet never hears of it.
 */
export class BitrateLimit {
  readonly #clock: Clock;
  readonly #tell: (bps: number) => Promise<unknown>;
  /** 0: lifted. Undefined: there never was one. */
  #bps: number | undefined;
  #isUp = false;
  #cancel: () => void = () => {};

  /** @param tell has the plugin tell the client */
  constructor(clock: Clock, tell: (bps: number) => Promise<unknown>) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** The plugin was asked for this one just now. */
  set(bps: number): void {
    if (bps === 0 && this.#bps === undefined) return;
    this.#bps = bps;
    this.#repeatLater();
  }

  /** Passes everything on, and learns from it whether the client is connected. */
  watch(sink: MediaSink): MediaSink {
    return {
      status: (status) => {
        if (status.class === 'webrtc') {
          this.#isUp = status.status === 'up';
          this.#repeat();
        }
        sink.status(status);
      },
      stopped: (why) => sink.stopped(why),
    };
  }

  /** The session is over: nothing more is told. */
  stop(): void {
    this.#isUp = false;
    this.#cancel();
  }

  #repeat(): void {
    // The next time, when this one does not work out.
    if (this.#isUp && this.#bps !== undefined) this.#tell(this.#bps).catch(() => {});
    this.#repeatLater();
  }

  #repeatLater(): void {
    this.#cancel();
    if (this.#isUp && this.#bps !== undefined) this.#cancel = this.#clock.after(everyMs, () => this.#repeat());
  }
}
