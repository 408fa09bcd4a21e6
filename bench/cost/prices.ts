import { needs } from '../../lib/command/needs.ts';

/**
 * List prices of us-east-1 in US dollars, before free tiers, discounts and taxes. Others differ: put yours in and run
 * `npm run docs:cost`. Where each was seen: `sources.ts`.
 */
export const prices = {
  webSocketMessage: 1 / 1e6,
  connectionMinute: 0.25 / 1e6,
  invocation: 0.2 / 1e6,
  /** arm64 */
  lambdaGbSecond: 0.0000133334,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** What is there is billed twice: as data, and as what can be restored. */
  tableGbMonth: 0.25,
  tableBackupGbMonth: 0.2,
  /** Those of AWS's own services cost nothing. */
  busEvent: 1 / 1e6,
  logGb: 0.5,
  logGbMonth: 0.03,
  /** For each metric that an alarm looks at. */
  alarmMonth: 0.1,
  metricMonth: 0.3,
  dashboardMonth: 3,
  trace: 5 / 1e6,
  /** x86-64, of which FreeSWITCH's public image is; arm64: 0.03238 and 0.00356 */
  vCpuHour: 0.04048,
  memoryGbHour: 0.004445,
  /** Beyond the first 20 GB. */
  diskGbHour: 0.000111,
  publicIpHour: 0.005,
  /** Out to the internet, the first 10 TB of a month. */
  egressGb: 0.09,
  storageGbMonth: 0.023,
  s3Put: 0.005 / 1000,
  s3Head: 0.0004 / 1000,
  registryGbMonth: 0.1,
  secretMonth: 0.4,
  keyMonth: 1,
  keyRequest: 0.03 / 10_000,
  /** WebRTC media, for each attendee. */
  chimeAttendeeMinute: 0.0017,
} as const;
export type Prices = { readonly [Name in keyof typeof prices]: number };

/** What is not counted but chosen, or measured elsewhere: each can be another one for you. */
export const assumptions = {
  /** Those that only wait have half of it. */
  functionMemoryMb: needs['session/create'].memoryMiB,
  /** What the network between Lambda, DynamoDB and node adds to each function, over what was counted on one machine. */
  networkMsPerFunction: 10,
  /** Two rounds to the table and one to ECS. */
  reaperMs: 100,
  /** The line that a node writes each minute for CloudWatch. */
  metricsLineBytes: 556,
  /** Of Container Insights: one a minute for the cluster, its service, each task and each container. */
  insightsEventBytes: 700,
  /** Packets of strangers to a public address. */
  refusedPerMinute: 10,
  /** Compressed, each. */
  imageGb: 0.2,
  freeDiskGb: 20,
  hoursPerMonth: 730,
  heartbeatsPerHour: 360,
  /** The client library's, against the 10 idle minutes of API Gateway. */
  pingMinutes: 5,
  /** On the wire, with all headers. */
  audioKbps: 50,
  videoKbps: 1000,
} as const;
