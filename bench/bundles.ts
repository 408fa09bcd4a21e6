import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle, functionNames } from '../infra/bundle.ts';
import { figures, machine, row } from './support.ts';

/**
 * How long each function's bundle takes to load, which is what a cold start takes beside Lambda itself: against that of a handler
 * with DynamoDB's client and nothing else, made in the same way. Time of the processor, which is what Lambda gives: what else runs on
 * this machine does not count. Exits with 1 when one takes more than half as long again.
 */

const rounds = Number(process.env.ROUNDS ?? 15);
const maxRatio = 1.5;
const run = promisify(execFile);
const loader = fileURLToPath(new URL('bundles/load.mjs', import.meta.url));
/** As on Lambda. */
const env = {
  NODE_OPTIONS: '--enable-source-maps',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

const outDir = await mkdtemp(join(tmpdir(), 'patchbay-bundles-'));
const names = await functionNames();
const sources = Object.fromEntries(names.map((name) => [name, `functions/${name}.ts`]));
const sizes = await bundle({ bare: 'bench/bundles/bare.ts', ...sources }, outDir);
const all = ['bare', ...names].map((name) => ({ name, samples: [] as number[] }));
for (let round = 0; round <= rounds; round += 1) {
  for (const { name, samples } of all) {
    const { stdout } = await run(process.execPath, [loader, join(outDir, name, 'index.mjs')], { env });
    // The first round fills the file system's cache.
    if (round > 0) samples.push(Number(stdout));
  }
}
await rm(outDir, { recursive: true });

console.log(machine());
const measured = all.map(({ name, samples }) => ({ name, ...figures(samples) }));
const bare = measured[0]?.p50 ?? Number.NaN;
for (const one of measured) {
  const kilobytes = ((sizes.get(one.name === 'bare' ? 'bench/bundles/bare' : one.name) ?? 0) / 1024).toFixed(1);
  console.log(`${row(one.name, one)}   ${kilobytes.padStart(6)} KB   ratio ${(one.p50 / bare).toFixed(2)}`);
}
const slow = measured.filter(({ p50 }) => p50 > maxRatio * bare);
if (slow.length > 0) process.exitCode = 1;
