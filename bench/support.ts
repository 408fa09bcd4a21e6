import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Measured } from './calls/measured.ts';

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

const warmUp = 30;

/** Measures a call in each of its ways, in turn, and prints what the others take against the last. */
export async function compare(call: Measured, rounds: number): Promise<void> {
  const samples = call.ways.map((way) => ({ way, ms: [] as number[] }));
  for (let round = 0; round < rounds + warmUp; round += 1) {
    for (const { way, ms } of samples) {
      // Else each way would always meet the engine's own timers in the same phase.
      await delay(40 * Math.random());
      const free = await timed(round < warmUp ? [] : ms, () => way.run());
      await free();
    }
  }
  await call.close?.();
  const all = samples.map(({ way, ms }) => ({ label: way.label, ...figures(ms) }));
  const raw = all.at(-1);
  console.log(call.name);
  for (const one of all) {
    const ratio = raw && one !== raw ? `   ratio ${(one.p50 / raw.p50).toFixed(2)}` : '';
    console.log(`${row(`  ${one.label}`, one)}${ratio}`);
  }
}
