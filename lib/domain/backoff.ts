/**
 * How long to wait before try number `attempt` (0 first): doubling from `baseMs` to `maxMs`, with full jitter in the
 * upper half, so that many who lost the same server do not come back in step.
 *
 * @param random 0 ≤ x < 1
 */
export function backoffMs(attempt: number, baseMs: number, maxMs: number, random: () => number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
