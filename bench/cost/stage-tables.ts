import { aroundOf } from './bill.ts';
import type { Stages } from './contexts.ts';
import type { CountedCalls } from './counted.ts';
import { type Item, operationsOf, total } from './formula.ts';
import { assumptions, type Prices } from './prices.ts';
import type { Stage } from './stage.ts';
import { idleHours, nodeHour, type StageItem, stageItems } from './stage-items.ts';
import { table, usd } from './written.ts';

/** The tables of what stages cost while nobody calls, and of what a choice changes. */

const shownCalls = 1000;

const cell = ({ amount, dollars }: StageItem): string =>
  amount === 0 ? '–' : `${usd(dollars)} (${amount.toLocaleString('en', { maximumSignificantDigits: 5 })})`;

export function idleTable({ staging, prodFromNone, prod }: Stages, counted: CountedCalls, prices: Prices): string {
  const columns = [staging, prodFromNone, prod].map((stage) => stageItems(stage, idleHours(stage), counted, prices));
  const names = columns[0]?.map(({ name }) => name) ?? [];
  const lines = names.map((name, at) => [name, ...columns.map((items) => cell(items[at] as StageItem))]);
  const sums = columns.map((items) => `**${usd(total(items))}**`);
  return [
    table(['a month without a call', '`staging`', '`prod` with `minNodes=0`', '`prod`'], [...lines, ['sum', ...sums]]),
    '',
    `A node costs ${usd(nodeHour(prod, prices))} an hour. The ${prod.logMetrics} metrics that are made of log lines would cost`,
    `${usd(prod.logMetrics * prices.metricMonth)} if something went wrong in every hour of the month.`,
  ].join('\n');
}

const allMonth = { active: assumptions.hoursPerMonth, node: assumptions.hoursPerMonth };

export function choicesTable(stages: Stages, counted: CountedCalls, prices: Prices): string {
  const { staging, prod, prodFromNone, stagingWatched, prodWithoutInsights, prodWithIssuer } = stages;
  const idle = (stage: Stage): readonly Item[] => stageItems(stage, idleHours(stage), counted, prices);
  const working = (stage: Stage): readonly Item[] => stageItems(stage, allMonth, counted, prices);
  const { invocations } = operationsOf(counted.calls.proxy, 0, aroundOf(prod, counted));
  const insights = usd(total(working(prod)) - total(working(prodWithoutInsights)));
  return table(
    ['choice', 'costs in a month'],
    [
      ['`minNodes=1` instead of 0', usd(total(idle(prod)) - total(idle(prodFromNone)))],
      ['`watch=true` in a stage other than `prod`', usd(total(idle(stagingWatched)) - total(idle(staging)))],
      ['`containerInsights=true`, with a node all month', insights],
      ['no issuer of your own, so a secret', usd(total(idle(prod)) - total(idle(prodWithIssuer)))],
      ['`encryptionKey`', `${usd(prices.keyMonth)}, and its uses`],
      [
        '`tracing=true`',
        `at most ${usd(shownCalls * invocations * prices.trace)} for a thousand calls of two parties: a trace each run`,
      ],
    ],
  );
}
