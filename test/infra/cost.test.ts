import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { countedCalls } from '../../bench/cost/counted.ts';
import { filled, prose } from '../../bench/cost/document.ts';
import { total } from '../../bench/cost/formula.ts';
import { prices } from '../../bench/cost/prices.ts';
import { idleHours, stageItems } from '../../bench/cost/stage-items.ts';
import { countStages } from '../../bench/cost/stages.ts';
import { tables } from '../../bench/cost/tables.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const counted = countedCalls.parse(JSON.parse(await read('bench/results/cost.json')));
const page = await read('docs/cost.md');
const stages = countStages();

test('docs/cost.md has the numbers of the bench, the templates and the prices: npm run docs:cost puts them there', () => {
  expect(page).toBe(filled(page, tables(counted, stages, prices)));
});

test('docs/cost.md names no price outside of its tables', () => {
  expect(prose(page)).not.toMatch(/\$\d/);
});

test('no stage has what costs by the hour whether it is used or not', () => {
  for (const [name, { keys, natGateways, loadBalancers, interfaceEndpoints }] of Object.entries(stages)) {
    expect({ keys, natGateways, loadBalancers, interfaceEndpoints }, name).toEqual({
      keys: 0,
      natGateways: 0,
      loadBalancers: 0,
      interfaceEndpoints: 0,
    });
  }
});

test('a stage that is not for good costs less than a dollar in a month without a call', () => {
  const { staging } = stages;
  expect(staging).toMatchObject({ alarmMetrics: 0, dashboards: 0, insightsMetrics: 0, minNodes: 0 });
  expect(total(stageItems(staging, idleHours(staging), counted, prices))).toBeLessThan(1);
});
