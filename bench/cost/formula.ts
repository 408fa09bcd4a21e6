import type { Counted } from './counted.ts';
import { lambdaLogBytes } from './log-lines.ts';
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
/** `$connect` and `$disconnect`; the authorizer has no line of its own. */
const connectLines = 2;

/** What a stage adds to what a call does. */
export interface Around {
  readonly nodeListReadUnits: number;
  /** Of a line in API Gateway's log. */
  readonly accessLogBytes: number;
}

/** The operations of a call of so many minutes: what was counted, and what its length adds. */
export function operationsOf(call: Counted, minutes: number, around: Around): Operations {
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
    readUnits: call.readUnits + call.commands * around.nodeListReadUnits,
    busEvents: call.busEvents,
    logGb: sum(Object.values(logBytesOf(call, pings, around.accessLogBytes))) / 1e9,
  };
}

/** Of a call with so many pings, by who writes them. */
export function logBytesOf(
  call: Counted,
  pings: number,
  accessLogBytes: number,
): Readonly<Record<'functions' | 'node' | 'lambda' | 'access', number>> {
  const runs = call.connections * connectRuns + call.commands + pings;
  return {
    functions: call.functionLogBytes,
    node: call.nodeLogBytes,
    lambda: runs * lambdaLogBytes,
    access: (call.connections * connectLines + call.commands + pings) * accessLogBytes,
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

export const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
export const total = (items: readonly Item[]): number => sum(items.map(({ dollars }) => dollars));

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
    functionLogBytes: call.functionLogBytes * factor,
    nodeLogBytes: call.nodeLogBytes * factor,
  };
}
