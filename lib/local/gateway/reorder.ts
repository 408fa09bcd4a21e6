import { setTimeout as delay } from 'node:timers/promises';

const USUAL_DELAY_MS = 40;
const RARE_DELAY_MS = 200;
const RARE_SHARE = 0.05;

/** Where the delays of the gateway come from: always 0, or drawn. */
export interface Reorder {
  /** Milliseconds to hold back the next step. */
  drawDelayMs(): number;
}

export const inOrder: Reorder = { drawDelayMs: () => 0 };

/**
 * Delays as different Lambdas show them: a few ms mostly, now and then far more (a cold start), so that messages,
 * replies and events overtake each other. The same seed draws the same sequence.
 */
export function createReorder(seed: number): Reorder {
  const random = mulberry32(seed);
  return {
    drawDelayMs() {
      const longest = random() < RARE_SHARE ? RARE_DELAY_MS : USUAL_DELAY_MS;
      return Math.floor(random() * (longest + 1));
    },
  };
}

/** Waits; ends early, without an error, when the signal aborts. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0 || signal.aborted) return;
  await delay(delayMs, undefined, { signal }).catch(() => undefined);
}

/**
 * A 32-bit generator of numbers in [0, 1), seeded, which Math.random is not.
 *
 * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
