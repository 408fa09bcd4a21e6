import { readFile, writeFile } from 'node:fs/promises';
import { build } from '../../infra/build.ts';
import { countedCalls } from './counted.ts';
import { filled } from './document.ts';
import { prices } from './prices.ts';
import { countStages } from './stages.ts';
import { tables } from './tables.ts';

/** `npm run docs:cost`: puts the tables of `bench/results/cost.json`, of the stages and of the prices into docs/cost.md. */

const page = new URL('../../docs/cost.md', import.meta.url);
const results = new URL('../results/cost.json', import.meta.url);
await build();
const counted = countedCalls.parse(JSON.parse(await readFile(results, 'utf8')));
await writeFile(page, filled(await readFile(page, 'utf8'), tables(counted, countStages(), prices)));
