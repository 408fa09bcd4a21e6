import { readFile } from 'node:fs/promises';
import { build } from '../../infra/build.ts';
import { contexts } from './contexts.ts';
import { countedCalls } from './counted.ts';
import { total } from './formula.ts';
import { prices } from './prices.ts';
import { stageOf } from './stage.ts';
import { idleHours, stageItems } from './stage-items.ts';
import { templateOf } from './stages.ts';
import { usd } from './written.ts';

/**
 * What stages cost in a month without a call, line by line, counted in the templates that `infra/` synthesizes.
 *
 * Usage: npm run bench:idle -- [name=value …], the context of a stage: stage=my-branch watch=true
 */

const given = process.argv.slice(2);
const asked = Object.fromEntries(given.map((text) => text.split(/=(.*)/s).slice(0, 2)));
const shown = given.length > 0 ? { [given.join(' ')]: asked } : contexts;

await build();
const counted = countedCalls.parse(
  JSON.parse(await readFile(new URL('../results/cost.json', import.meta.url), 'utf8')),
);
for (const [name, context] of Object.entries(shown)) {
  const stage = stageOf(templateOf(context));
  const items = stageItems(stage, idleHours(stage), counted, prices);
  console.log(`\n${name}`);
  for (const { name: what, amount, dollars } of items) {
    console.log(`  ${what.padEnd(46)} ${amount.toFixed(3).padStart(12)}  ${usd(dollars).padStart(10)}`);
  }
  console.log(`  ${'sum'.padEnd(46)} ${''.padStart(12)}  ${usd(total(items)).padStart(10)}`);
}
