import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from './bundle.ts';

/** Prints the bytes of each Lambda bundle; fails when one is over the budget in `budget.json`. */

const budget: { maxBundleBytes: number } = JSON.parse(await readFile(new URL('budget.json', import.meta.url), 'utf8'));
const sizes = await bundleFunctions(fileURLToPath(new URL('../dist/functions', import.meta.url)));
const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;

for (const [name, bytes] of sizes) {
  const mark = bytes > budget.maxBundleBytes ? `  over the budget of ${kilobytes(budget.maxBundleBytes)}` : '';
  console.log(`${kilobytes(bytes).padStart(10)}  ${name}${mark}`);
}
if ([...sizes.values()].some((bytes) => bytes > budget.maxBundleBytes)) process.exitCode = 1;
