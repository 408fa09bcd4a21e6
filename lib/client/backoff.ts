export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before attempt number `attempt` (from 0): doubled each time up to `maxMs`, the second half of it by
 * chance, so that those who lost a server together don't come back together.
 */
export function backoffMs(attempt: number, { baseMs, maxMs }: Backoff, random: () => number): number {
  const fullMs = Math.min(maxMs, baseMs * 2 ** attempt);
  return fullMs / 2 + (random() * fullMs) / 2;
}
