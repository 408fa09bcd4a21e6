import { needs } from '../../lib/command/needs.ts';

/**
 * List prices of us-east-1 in US dollars, as of 2026, before free tiers, discounts and taxes. Others differ: put yours in and
 * run `npm run docs:cost`.
 */
export const prices = {
  /** https://aws.amazon.com/api-gateway/pricing/ */
  webSocketMessage: 1 / 1e6,
  connectionMinute: 0.25 / 1e6,
  /** https://aws.amazon.com/lambda/pricing/, arm64 */
  invocation: 0.2 / 1e6,
  lambdaGbSecond: 0.0000133334,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** https://aws.amazon.com/eventbridge/pricing/ */
  busEvent: 1 / 1e6,
  /** https://aws.amazon.com/cloudwatch/pricing/ */
  logGb: 0.5,
  alarmMonth: 0.1,
  /** https://aws.amazon.com/fargate/pricing/, x86-64, of which FreeSWITCH's public image is; arm64: 0.03238 and 0.00356 */
  vCpuHour: 0.04048,
  memoryGbHour: 0.004445,
  /** https://aws.amazon.com/vpc/pricing/ */
  publicIpHour: 0.005,
  /** https://aws.amazon.com/ec2/pricing/on-demand/: out to the internet, the first 10 TB of a month */
  egressGb: 0.09,
  /** https://aws.amazon.com/s3/pricing/ */
  storageGbMonth: 0.023,
  s3Put: 0.005 / 1000,
  s3Head: 0.0004 / 1000,
  /** https://aws.amazon.com/kms/pricing/ */
  keyMonth: 1,
  /** https://aws.amazon.com/chime/chime-sdk/pricing/: WebRTC media, for each attendee */
  chimeAttendeeMinute: 0.0017,
} as const;
export type Prices = { readonly [Name in keyof typeof prices]: number };

/** What is not counted but chosen, or measured elsewhere: each can be another one for you. */
export const assumptions = {
  /** Those that only wait have half of it. */
  functionMemoryMb: needs['session/create'].memoryMiB,
  /** What the network between Lambda, DynamoDB and node adds to each function, over what was counted on one machine. */
  networkMsPerFunction: 10,
  /** Lambda's own START, END and REPORT lines. */
  lambdaLogBytes: 350,
  node: { vCpu: 2, memoryGb: 4 },
  hoursPerMonth: 730,
  heartbeatsPerHour: 360,
  /** The client library's, against the 10 idle minutes of API Gateway. */
  pingMinutes: 5,
  /** On the wire, with all headers. */
  audioKbps: 50,
  videoKbps: 1000,
} as const;
