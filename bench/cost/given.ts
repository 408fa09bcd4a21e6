import { accessLogBytes, flowLogBytes, lambdaLogBytes } from './log-lines.ts';
import { assumptions, type Prices } from './prices.ts';
import { sources } from './sources.ts';
import type { Stage } from './stage.ts';
import { exactly, table } from './written.ts';

/** The tables of what goes into the formulas, and is not counted: prices, and what is taken for granted. */

type Name = keyof Prices;
type Row = readonly [what: string, per: number, ...names: Name[]];

const rows: readonly Row[] = [
  ['a million WebSocket messages, each 32 KB of one', 1e6, 'webSocketMessage'],
  ['a million minutes of a WebSocket connection', 1e6, 'connectionMinute'],
  ['a million runs of a function', 1e6, 'invocation'],
  ['a GB-second of a function', 1, 'lambdaGbSecond'],
  ['a million write units, read units of DynamoDB', 1e6, 'writeUnit', 'readUnit'],
  ['a GB in the table for a month, and of its backup', 1, 'tableGbMonth', 'tableBackupGbMonth'],
  ['a million events on the bus; those of AWS itself cost nothing', 1e6, 'busEvent'],
  ['a GB of logs; kept for a month, compressed', 1, 'logGb', 'logGbMonth'],
  ['a metric that an alarm looks at, for a month', 1, 'alarmMonth'],
  ['a metric of your own, for a month; by the hour', 1, 'metricMonth'],
  ['a dashboard for a month, beyond three of the account', 1, 'dashboardMonth'],
  ['a million traces of X-Ray', 1e6, 'trace'],
  ['an hour of a vCPU, of a GB, of a GB of disk', 1, 'vCpuHour', 'memoryGbHour', 'diskGbHour'],
  ['an hour of a public address', 1, 'publicIpHour'],
  ['a GB out to the internet', 1, 'egressGb'],
  ['a GB in S3 for a month', 1, 'storageGbMonth'],
  ['a thousand PUT, HEAD', 1000, 's3Put', 's3Head'],
  ['a GB of images for a month', 1, 'registryGbMonth'],
  ['a secret for a month', 1, 'secretMonth'],
  ['a customer-managed key for a month', 1, 'keyMonth'],
  ['ten thousand uses of a key', 10_000, 'keyRequest'],
  ['Amazon Chime SDK, minute of an attendee', 1, 'chimeAttendeeMinute'],
];

export const pricesTable = (prices: Prices): string =>
  table(
    ['what', 'price', 'for each Region', 'number seen in'],
    rows.map(([what, per, ...names]) => {
      const [{ page, seen }] = names.map((name) => sources[name]) as [(typeof sources)[Name]];
      return [
        what,
        names.map((name) => exactly(per * prices[name])).join(', '),
        `[${page}](https://aws.amazon.com/${page}/)`,
        seen ? `[${seen.where}](${seen.url})` : 'no copy found: AWS’s page as remembered',
      ];
    }),
  );

/** Each price stands in the table. */
export const shownPrices: ReadonlySet<string> = new Set(rows.flatMap(([, , ...names]) => names));

export const assumptionsTable = ({ node, accessLogFormat }: Stage): string =>
  table(
    ['what', 'taken as'],
    [
      ['memory of a function', `${assumptions.functionMemoryMb} MB`],
      [
        'network between function, table and node, over what was counted on one machine',
        `${assumptions.networkMsPerFunction} ms each run`,
      ],
      ['a run of the reaper that has nothing to do', `${assumptions.reaperMs} ms`],
      ["Lambda's own lines in the log", `${lambdaLogBytes} bytes each run`],
      ["a line in API Gateway's log", `${accessLogBytes(accessLogFormat)} bytes`],
      ['what a node tells CloudWatch each minute', `${assumptions.metricsLineBytes} bytes`],
      ['an event of Container Insights, not measured', `${assumptions.insightsEventBytes} bytes`],
      [
        'what strangers send to a public address, and the VPC refuses and logs, not measured',
        `${assumptions.refusedPerMinute} a minute of ${flowLogBytes} bytes`,
      ],
      ['an image, compressed, not measured', `${assumptions.imageGb} GB`],
      ['a media node', `${node.vCpu} vCPU, ${node.memoryGb} GB, ${node.diskGb} GB of disk`],
      ['a stream of audio, of video', `${assumptions.audioKbps}, ${assumptions.videoKbps} kbit/s`],
      ['a ping of the client library', `every ${assumptions.pingMinutes} minutes`],
      ['a month', `${assumptions.hoursPerMonth} hours`],
    ],
  );
