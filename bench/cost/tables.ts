import { type CallName, type CountedCalls, callNames } from './counted.ts';
import { examples } from './examples.ts';
import { billOf, controlItems, idleItems, nodeHour, operationsOf, total } from './formula.ts';
import { assumptions, type Prices } from './prices.ts';

/** The tables of docs/cost.md, by the names of the places where they stand. */

const shownMinutes = 5;
/** What one call costs is too little to be read. */
const shownCalls = 1000;

export function tables(counted: CountedCalls, prices: Prices): Readonly<Record<string, string>> {
  return {
    counted: countedTable(counted),
    calls: callsTable(counted, prices),
    prices: pricesTable(prices),
    assumptions: assumptionsTable(),
    idle: idleTable(counted, prices),
    examples: examplesTable(counted, prices),
    recordings: recordingsTable(counted, prices),
  };
}

const names: readonly CallName[] = ['echo', 'proxy', 'p2p', 'room', 'conference'];

const countedTable = ({ calls, runs, machine }: CountedCalls): string =>
  [
    table(
      ['call', 'connections', 'commands', 'events', 'functions', 'write units', 'bus events', 'log KB'],
      names.map((name) => {
        const call = calls[name];
        const { invocations } = operationsOf(call, 0, 0);
        const numbers = [call.connections, call.commands, call.callbacks, invocations, call.writeUnits, call.busEvents];
        return [callNames[name], ...numbers.map(String), (call.logBytes / 1000).toFixed(1)];
      }),
    ),
    '',
    `The most of ${runs} runs each; ${machine}.`,
  ].join('\n');

function callsTable({ calls, nodeListReadUnits }: CountedCalls, prices: Prices): string {
  const rows = names.map((name) => {
    const items = controlItems(operationsOf(calls[name], shownMinutes, nodeListReadUnits), prices);
    const shown = (dollars: number) => usd(shownCalls * dollars);
    return [callNames[name], ...items.map(({ dollars }) => shown(dollars)), `**${shown(total(items))}**`];
  });
  const parts = controlItems(operationsOf(calls.echo, 0, 0), prices).map(({ name }) => name);
  return [
    `A thousand calls of ${shownMinutes} minutes, without their media:`,
    '',
    table(['call', ...parts, 'sum'], rows),
  ].join('\n');
}

const pricesTable = (prices: Prices): string =>
  table(
    ['what', 'price'],
    [
      ['WebSocket message, each 32 KB of it', `${exactly(prices.webSocketMessage * 1e6)} a million`],
      ['minute of a WebSocket connection', `${exactly(prices.connectionMinute * 1e6)} a million`],
      ['run of a function', `${exactly(prices.invocation * 1e6)} a million`],
      ['GB-second of a function', exactly(prices.lambdaGbSecond)],
      [
        'write unit, read unit of DynamoDB',
        `${exactly(prices.writeUnit * 1e6)}, ${exactly(prices.readUnit * 1e6)} a million`,
      ],
      ['event on the bus', `${exactly(prices.busEvent * 1e6)} a million`],
      ['GB of logs', exactly(prices.logGb)],
      [
        'hour of a vCPU, of a GB, of a public address',
        [prices.vCpuHour, prices.memoryGbHour, prices.publicIpHour].map(exactly).join(', '),
      ],
      ['GB out to the internet', exactly(prices.egressGb)],
      [
        'GB in S3 for a month; a thousand PUT, HEAD',
        `${exactly(prices.storageGbMonth)}; ${exactly(prices.s3Put * 1000)}, ${exactly(prices.s3Head * 1000)}`,
      ],
      ['alarm, customer-managed key, each for a month', `${exactly(prices.alarmMonth)}, ${exactly(prices.keyMonth)}`],
      ['Amazon Chime SDK, minute of an attendee', exactly(prices.chimeAttendeeMinute)],
    ],
  );

const assumptionsTable = (): string =>
  table(
    ['what', 'taken as'],
    [
      ['memory of a function', `${assumptions.functionMemoryMb} MB`],
      [
        'network between function, table and node, over what was counted on one machine',
        `${assumptions.networkMsPerFunction} ms each run`,
      ],
      ["Lambda's own lines in the log", `${assumptions.lambdaLogBytes} bytes each run`],
      ['a media node', `${assumptions.node.vCpu} vCPU, ${assumptions.node.memoryGb} GB`],
      ['a stream of audio, of video', `${assumptions.audioKbps}, ${assumptions.videoKbps} kbit/s`],
      ['a ping of the client library', `every ${assumptions.pingMinutes} minutes`],
      ['a month', `${assumptions.hoursPerMonth} hours`],
    ],
  );

function idleTable(counted: CountedCalls, prices: Prices): string {
  const [none, one] = [idleItems(0, counted, prices), idleItems(1, counted, prices)];
  const rows = none.map(({ name, dollars }, at) => [name, usd(dollars), usd(one[at]?.dollars ?? 0)]);
  const sums = [none, one].map((items) => `**${usd(total(items))}**`);
  return [
    table(['a month without a call', '`minNodes: 0`', '`minNodes: 1`'], [...rows, ['sum', ...sums]]),
    '',
    `A node costs ${usd(nodeHour(prices))} an hour.`,
  ].join('\n');
}

function examplesTable(counted: CountedCalls, prices: Prices): string {
  const all = examples(counted).map((example) => ({ ...example, bill: billOf(example.use, counted, prices) }));
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** A sum: to the cent, or two digits that say something. */
export function usd(dollars: number): string {
  if (dollars >= 1) return `$${dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (dollars === 0) return '$0';
  return `$${dollars.toFixed(Math.max(2, 1 - Math.floor(Math.log10(dollars))))}`;
}

/** A price, as exact as it was put down. */
export function exactly(dollars: number): string {
  const text = dollars.toFixed(10).replace(/0+$/, '');
  const [whole, cents = ''] = text.split('.');
  return `$${whole}.${cents.padEnd(2, '0')}`;
}
