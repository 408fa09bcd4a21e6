import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';

/** Who waits: on whose clock, and until when at the latest. The signal is the timer's owner. */
export interface Patience {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Resolves after `ms`. @throws the signal's reason, at once when it is aborted */
export function pause(ms: number, { clock, signal }: Omit<Patience, 'random'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

/**
 * Runs `work` until it succeeds, `tries` times at the most, with backoff and jitter in between.
 *
 * @throws what the last try threw; the signal's reason when it is aborted
 */
export async function persistently<T>(
  work: () => Promise<T>,
  { tries, baseMs, maxMs }: { readonly tries: number; readonly baseMs: number; readonly maxMs: number },
  patience: Patience,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    patience.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (attempt + 1 >= tries) throw error;
      await pause(backoffMs(attempt, baseMs, maxMs, patience.random), patience);
    }
  }
}
