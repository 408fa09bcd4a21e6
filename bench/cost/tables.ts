import { aroundOf, billOf } from './bill.ts';
import type { Stages } from './contexts.ts';
import { type CallName, type CountedCalls, callNames } from './counted.ts';
import { examples } from './examples.ts';
import { type Around, controlItems, logBytesOf, operationsOf, total } from './formula.ts';
import { assumptionsTable, pricesTable } from './given.ts';
import { assumptions, type Prices } from './prices.ts';
import { choicesTable, idleTable } from './stage-tables.ts';
import { table, usd } from './written.ts';

/** The tables of docs/cost.md, by the names of the places where they stand. */

const shownMinutes = 5;
/** What one call costs is too little to be read. */
const shownCalls = 1000;

export function tables(counted: CountedCalls, stages: Stages, prices: Prices): Readonly<Record<string, string>> {
  const around = aroundOf(stages.prod, counted);
  return {
    counted: countedTable(counted, around),
    calls: callsTable(counted, around, prices),
    prices: pricesTable(prices),
    assumptions: assumptionsTable(stages.prod),
    idle: idleTable(stages, counted, prices),
    choices: choicesTable(stages, counted, prices),
    examples: examplesTable(counted, stages, prices),
    recordings: recordingsTable(counted, prices),
  };
}

const names: readonly CallName[] = ['echo', 'proxy', 'p2p', 'room', 'conference'];

const countedTable = ({ calls, runs, machine }: CountedCalls, around: Around): string =>
  [
    table(
      ['call', 'connections', 'commands', 'events', 'functions', 'write units', 'bus events', 'KB of logs'],
      names.map((name) => {
        const call = calls[name];
        const { invocations } = operationsOf(call, 0, around);
        const logs = Object.values(logBytesOf(call, 0, around.accessLogBytes));
        const numbers = [call.connections, call.commands, call.callbacks, invocations, call.writeUnits, call.busEvents];
        return [callNames[name], ...numbers.map(String), logs.map((bytes) => (bytes / 1000).toFixed(1)).join(' + ')];
      }),
    ),
    '',
    `The most of ${runs} runs each; ${machine}. Logs: of functions, of the node, what Lambda adds, API Gateway's.`,
  ].join('\n');

function callsTable({ calls }: CountedCalls, around: Around, prices: Prices): string {
  const rows = names.map((name) => {
    const items = controlItems(operationsOf(calls[name], shownMinutes, around), prices);
    const shown = (dollars: number) => usd(shownCalls * dollars);
    return [callNames[name], ...items.map(({ dollars }) => shown(dollars)), `**${shown(total(items))}**`];
  });
  const parts = controlItems(operationsOf(calls.echo, 0, around), prices).map(({ name }) => name);
  return [
    `A thousand calls of ${shownMinutes} minutes, without their media:`,
    '',
    table(['call', ...parts, 'sum'], rows),
  ].join('\n');
}

function examplesTable(counted: CountedCalls, { prodFromNone }: Stages, prices: Prices): string {
  const all = examples(counted).map((example) => ({
    ...example,
    bill: billOf(example.use, prodFromNone, counted, prices),
  }));
  const row = (name: string, cell: (example: (typeof all)[number]) => string) => [name, ...all.map(cell)];
  const items = all[0]?.bill.items.map(({ name }) => name) ?? [];
  return table(
    ['', ...all.map(({ title }) => title)],
    [
      row('what', ({ about }) => about),
      row('calls a month', ({ use }) => `${use.calls.toLocaleString('en')} of ${use.minutes} min`),
      row('hours with calls', ({ use }) => `${use.activeHours}`),
      row('busiest moment', ({ use }) => `${use.peak} × the mean`),
      row('sessions a node can hold', ({ use }) => `${use.sessionsPerNode}`),
      row('nodes', ({ bill }) => `${bill.nodes}`),
      ...items.map((name) => row(name, ({ bill }) => usd(bill.items.find((item) => item.name === name)?.dollars ?? 0))),
      row('**patchbay, a month**', ({ bill }) => `**${usd(total(bill.items))}**`),
      row('**Amazon Chime SDK, the same minutes**', ({ bill }) => `**${usd(bill.chime)}**`),
    ],
  );
}

function recordingsTable({ recording: { puts, heads } }: CountedCalls, prices: Prices): string {
  const mbPerMinute = ((assumptions.audioKbps + assumptions.videoKbps) * 60) / 8 / 1000;
  const requests = puts * prices.s3Put + heads * prices.s3Head;
  const stored = (mbPerMinute / 1000) * prices.storageGbMonth;
  return [
    `A recording of one party's audio and video is ${puts} objects, ${puts} PUT and ${heads} HEAD: a thousand of them`,
    `${usd(shownCalls * requests)} (more where a file goes in parts). A minute of it is about ${mbPerMinute.toFixed(1)} MB: a thousand minutes`,
    `${usd(shownCalls * stored)} for each month that they are kept.`,
  ].join('\n');
}
