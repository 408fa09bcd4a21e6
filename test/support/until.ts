import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 50;

/** Asks again until the answer is neither undefined nor false, and returns it. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<Exclude<T, undefined | false>> {
  const startedAtMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() - startedAtMs > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(pollMs);
  }
}

/** Waits until a number that only counts up has grown by so much. */
export async function grows(what: string, read: () => Promise<number>, by: number, timeoutMs = 10_000): Promise<void> {
  const from = await read();
  let last = from;
  const grown = async () => {
    last = await read();
    return last - from >= by;
  };
  await until(what, grown, timeoutMs).catch(() => {
    throw new Error(`${what} went from ${from} to ${last} only, in ${timeoutMs} ms`);
  });
}

/** Waits until a number that only counts up has not moved for `stillMs`. */
export async function stops(
  what: string,
  read: () => Promise<number>,
  stillMs = 1000,
  timeoutMs = 10_000,
): Promise<void> {
  let last = await read();
  let sinceMs = performance.now();
  await until(
    `${what} stops`,
    async () => {
      const now = await read();
      if (now !== last) {
        last = now;
        sinceMs = performance.now();
      }
      return performance.now() - sinceMs >= stillMs;
    },
    timeoutMs,
  );
}
