import { backoffMs } from '../domain/backoff.ts';
import type { Clock } from '../domain/clock.ts';

/** Tries of a write to a throttled or absent table: about half a minute. */
const maxTries = 8;
const backoff = { baseMs: 200, maxMs: 10_000 };

/**
 * Runs `work` until it succeeds, with backoff, a bounded number of times.
 *
 * @throws what the last try threw
 */
export async function retried<T>(
  work: () => Promise<T>,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt + 1 >= maxTries) throw error;
      const waitMs = backoffMs(attempt, backoff.baseMs, backoff.maxMs, random);
      await new Promise<void>((resolve) => {
        clock.after(waitMs, resolve);
      });
    }
  }
}
