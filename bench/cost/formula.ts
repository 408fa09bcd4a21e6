import type { Counted, CountedCalls } from './counted.ts';
import { assumptions, type Prices } from './prices.ts';

/** What AWS bills of one call on the control plane. */
export interface Operations {
  readonly messages: number;
  readonly connectionMinutes: number;
  readonly invocations: number;
  readonly gbSeconds: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly busEvents: number;
  readonly logGb: number;
}

/** A line of a bill. */
export interface Item {
  readonly name: string;
  readonly dollars: number;
}

const connectRuns = 3;

/** The operations of a call of so many minutes: what was counted, and what its length adds. */
export function operationsOf(call: Counted, minutes: number, nodeListReadUnits: number): Operations {
  const pings = call.connections * Math.floor(minutes / assumptions.pingMinutes);
  const invocations = call.connections * connectRuns + call.commands + pings;
  const functionMs = call.functionMs + invocations * assumptions.networkMsPerFunction;
  return {
    // A ping and its answer.
    messages: call.commands + call.replies + call.callbacks + 2 * pings,
    connectionMinutes: call.connections * Math.ceil(minutes),
    invocations,
    gbSeconds: (functionMs / 1000) * (assumptions.functionMemoryMb / 1024),
    writeUnits: call.writeUnits,
    // Each function looks the nodes up by itself, if nobody did within the last second.
    readUnits: call.readUnits + call.commands * nodeListReadUnits,
    busEvents: call.busEvents,
    logGb: (call.logBytes + invocations * assumptions.lambdaLogBytes) / 1e9,
  };
}

/** What these operations cost, part by part. */
export const controlItems = (operations: Operations, prices: Prices): Item[] => [
  {
    name: 'API Gateway',
    dollars: operations.messages * prices.webSocketMessage + operations.connectionMinutes * prices.connectionMinute,
  },
  {
    name: 'Lambda',
    dollars: operations.invocations * prices.invocation + operations.gbSeconds * prices.lambdaGbSecond,
  },
  { name: 'DynamoDB', dollars: operations.writeUnits * prices.writeUnit + operations.readUnits * prices.readUnit },
  { name: 'EventBridge', dollars: operations.busEvents * prices.busEvent },
  { name: 'logs', dollars: operations.logGb * prices.logGb },
];

export const total = (items: readonly Item[]): number => items.reduce((sum, { dollars }) => sum + dollars, 0);

export function nodeHour(prices: Prices): number {
  const { vCpu, memoryGb } = assumptions.node;
  return vCpu * prices.vCpuHour + memoryGb * prices.memoryGbHour + prices.publicIpHour;
}

/** A month of a use: calls of one kind. */
export interface Use {
  readonly calls: number;
  readonly minutes: number;
  readonly call: Counted;
  readonly parties: number;
  /** Streams that leave the node for clients during a call: they are what AWS bills of the media's bytes. */
  readonly streamsOut: number;
  readonly kbps: number;
  /** Of a month, in which there are calls: with `minNodes: 0` there is no node in the others. */
  readonly activeHours: number;
  /** The busiest moment against the mean of those hours. */
  readonly peak: number;
  readonly sessionsPerNode: number;
}

export interface Bill {
  readonly items: readonly Item[];
  readonly nodes: number;
  readonly chime: number;
}

/** A month's bill, and the same minutes at Amazon Chime SDK's list price. */
export function billOf(use: Use, counted: CountedCalls, prices: Prices): Bill {
  const { calls, minutes, call, parties, streamsOut, kbps, activeHours, peak, sessionsPerNode } = use;
  const control = total(controlItems(operationsOf(call, minutes, counted.nodeListReadUnits), prices));
  const meanSessions = (calls * minutes * call.sessions) / (activeHours * 60);
  const nodes = Math.max(1, Math.ceil((meanSessions * peak) / sessionsPerNode));
  const egressGb = (calls * minutes * 60 * streamsOut * kbps * 1000) / 8 / 1e9;
  return {
    items: [
      { name: 'control plane', dollars: calls * control },
      { name: 'media nodes', dollars: nodes * activeHours * nodeHour(prices) },
      { name: 'media to the internet', dollars: egressGb * prices.egressGb },
      { name: 'idle', dollars: total(idleItems(0, counted, prices)) },
    ],
    nodes,
    chime: calls * minutes * parties * prices.chimeAttendeeMinute,
  };
}

/** What a month costs in which nobody calls. */
export function idleItems(minNodes: number, counted: CountedCalls, prices: Prices): Item[] {
  const { hoursPerMonth, functionMemoryMb, networkMsPerFunction, lambdaLogBytes } = assumptions;
  const minutes = hoursPerMonth * 60;
  const reaper =
    minutes *
    (prices.invocation +
      (networkMsPerFunction / 1000) * (functionMemoryMb / 1024) * prices.lambdaGbSecond +
      counted.nodeListReadUnits * prices.readUnit +
      (lambdaLogBytes / 1e9) * prices.logGb);
  return [
    { name: 'reaper, once a minute', dollars: reaper },
    { name: 'media nodes', dollars: minNodes * hoursPerMonth * nodeHour(prices) },
    { name: 'their heartbeats', dollars: minNodes * hoursPerMonth * heartbeatsHour(counted, prices) },
  ];
}

const heartbeatsHour = ({ heartbeatWriteUnits }: CountedCalls, { writeUnit }: Prices): number =>
  assumptions.heartbeatsPerHour * heartbeatWriteUnits * writeUnit;

/** The same call with so many times the parties. */
export function times(call: Counted, factor: number): Counted {
  return {
    connections: call.connections * factor,
    sessions: call.sessions * factor,
    commands: call.commands * factor,
    replies: call.replies * factor,
    callbacks: call.callbacks * factor,
    functionMs: call.functionMs * factor,
    writeUnits: call.writeUnits * factor,
    readUnits: call.readUnits * factor,
    busEvents: call.busEvents * factor,
    logBytes: call.logBytes * factor,
  };
}
