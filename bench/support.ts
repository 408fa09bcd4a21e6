import { cpus } from 'node:os';

/** Figures of one measured thing, in ms. */
export interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly count: number;
}

export function figures(samplesMs: readonly number[]): Figures {
  const sorted = [...samplesMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), count: sorted.length };
}

/** Runs `work` once and adds its time to `samplesMs`. */
export async function timed<T>(samplesMs: number[], work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  samplesMs.push(performance.now() - startedAt);
  return result;
}

export const row = (name: string, { p50, p95, count }: Figures): string =>
  `${name.padEnd(44)} p50 ${p50.toFixed(2).padStart(7)} ms   p95 ${p95.toFixed(2).padStart(7)} ms   n ${count}`;

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`;
