import { setTimeout as delay } from 'node:timers/promises';
import { PatchbayError } from '../protocol/errors.ts';

/** Once a node has answered, one that is away is a fault and no longer a start. */
const onceUpSeconds = 15;
const tellEveryMs = 15_000;

/**
 * Waits for a media node. A deployment that has scaled to zero starts one when somebody connects; until it is up, `create` is
 * answered `no_mediaserver` with `retry_after`.
 */
export class NodeWait {
  readonly #note: (text: string) => void;
  #leftMs: number;

  constructor(waitSeconds: number, note: (text: string) => void) {
    this.#leftMs = waitSeconds * 1000;
    this.#note = note;
  }

  /** @throws PatchbayError what `work` threw: at last no_mediaserver, when none came up */
  async whenThere<T>(work: () => Promise<T>): Promise<T> {
    const startedAtMs = performance.now();
    let toldAtMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      try {
        const result = await work();
        this.#leftMs = Math.min(this.#leftMs, onceUpSeconds * 1000);
        return result;
      } catch (error) {
        const waitedMs = performance.now() - startedAtMs;
        const retryAfterMs = retryAfter(error);
        if (retryAfterMs === undefined || waitedMs + retryAfterMs > this.#leftMs) throw noNode(error, waitedMs);
        if (performance.now() - toldAtMs >= tellEveryMs) {
          toldAtMs = performance.now();
          this.#note(
            `no media node is up yet, as after a scale to zero; waiting: ${whole(waitedMs)} of ${whole(this.#leftMs)} s`,
          );
        }
        await delay(retryAfterMs);
      }
    }
  }
}

/** In ms; undefined where it makes no sense to ask again. */
function retryAfter(error: unknown): number | undefined {
  if (!(error instanceof PatchbayError)) return undefined;
  if (error.reason !== 'no_mediaserver' && error.reason !== 'node_draining') return undefined;
  return error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1000;
}

function noNode(error: unknown, waitedMs: number): unknown {
  if (!(error instanceof PatchbayError) || error.reason !== 'no_mediaserver') return error;
  return new PatchbayError('no_mediaserver', `${error.message} (waited ${whole(waitedMs)} s)`, { cause: error });
}

const whole = (ms: number) => Math.round(ms / 1000);
