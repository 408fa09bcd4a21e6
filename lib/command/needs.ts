import type { Variable } from '../env.ts';
import { type Command, commandNames, commandRow } from '../protocol/commands.ts';

/**
 * What each function and the node do to the table, and what else they need. The infrastructure makes roles, environments
 * and networks of it; a test compares it with what the handlers really do, so it is neither too wide nor too narrow.
 */

/** Partition keys by kind of record, as patterns of IAM's `dynamodb:LeadingKeys`: the records are those of `store/table-definition.ts`. */
export const leadingKeys = {
  connection: 'C#*',
  session: 'T#*#S#*',
  room: 'T#*#R#*',
  nodes: 'NODES',
  key: 'K#*',
  subscriptions: 'SUBS',
  demand: 'DEMAND',
  /** The partitions of the index `on_node`. */
  onNode: '*#?',
} as const;
export type RecordKind = keyof typeof leadingKeys;

export const operations = ['get', 'query', 'put', 'update', 'delete'] as const;
export type Operation = (typeof operations)[number];
export type TableNeeds = Readonly<Partial<Record<RecordKind, readonly Operation[]>>>;

/** The functions that are no commands, by their files. */
export const otherFunctions = ['authorize', 'connect', 'default', 'disconnect', 'reap'] as const;
export type FunctionName = Command | (typeof otherFunctions)[number];
export const functionNames: readonly FunctionName[] = [...otherFunctions, ...commandNames];

export interface Needs {
  readonly table: TableNeeds;
  /** Set on the function; without them it does not start. Those that are optional are marked by the infrastructure's choice. */
  readonly environment: readonly Variable[];
  /** Calls controllers on their private addresses: in the network, or else outside, where AWS's own services can be reached. */
  readonly callsNodes: boolean;
  readonly outside: boolean;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  /** Spends its life waiting: a concurrency of its own, so that those who wait do not keep others from being served. */
  readonly waits: boolean;
}

/** API Gateway gives an integration no longer. */
const gatewaySeconds = 29;
/** A node may take 10 s for its answer, and is asked again where the socket was dead. */
const answerSeconds = 22;

const node: TableNeeds = { nodes: ['query'], key: ['get'] };
const nodeOfSession: TableNeeds = { ...node, session: ['get'] };
const nodeOfRoom: TableNeeds = { ...node, room: ['get'] };

/** Commands on a session that may be left out find it by its connection; the others are below. */
const tableOf: Readonly<Partial<Record<Command, TableNeeds>>> = {
  'session/create': { ...node, session: ['get', 'put'], room: ['get'], demand: ['put'] },
  'session/attach': nodeOfSession,
  'session/get_list': node,
  'room/create': { ...nodeOfRoom, demand: ['put'] },
  'room/destroy': nodeOfRoom,
  'room/get_info': nodeOfRoom,
  'room/get_list': node,
  'room/kick': nodeOfRoom,
  'room/layout': nodeOfRoom,
  'room/mute': nodeOfRoom,
  'event/subscribe': { ...node, subscriptions: ['update'] },
  'event/unsubscribe': { ...node, subscriptions: ['update', 'delete'] },
  'event/get_subscriptions': { ...node, subscriptions: ['get'] },
  'node/get_list': { nodes: ['query'] },
};

const usual = {
  environment: ['table'],
  outside: false,
  waits: false,
  timeoutSeconds: answerSeconds,
  memoryMiB: 512,
} as const;

function ofCommand(name: Command): Needs {
  const { ofSession, waits = false } = commandRow(name);
  const table = tableOf[name] ?? { ...nodeOfSession, connection: ['get'] };
  // `session/create` waits only where it is asked to, and decides how long a call takes to begin.
  const onlyWaits = waits && ofSession === true;
  return {
    ...usual,
    table,
    callsNodes: 'key' in table,
    waits: onlyWaits,
    ...(waits && { timeoutSeconds: gatewaySeconds }),
    ...(onlyWaits && { memoryMiB: 256 }),
  };
}

/** All that any of them does. */
function union(all: readonly TableNeeds[]): TableNeeds {
  const kinds = Object.keys(leadingKeys) as RecordKind[];
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const done = operations.filter((operation) => all.some((needs) => needs[kind]?.includes(operation)));
      return done.length === 0 ? [] : [[kind, done]];
    }),
  );
}

const ofCommands = Object.fromEntries(commandNames.map((name) => [name, ofCommand(name)])) as Record<Command, Needs>;

const ofOthers: Readonly<Record<(typeof otherFunctions)[number], Needs>> = {
  authorize: {
    ...usual,
    table: {},
    environment: ['auth', 'jwtIssuer', 'jwtAudience', 'jwksUrl', 'jwtSecretArn'],
    callsNodes: false,
    outside: true,
    timeoutSeconds: 10,
  },
  connect: {
    ...usual,
    table: { connection: ['put'], nodes: ['query'], demand: ['put'] },
    environment: ['table', 'cluster', 'service', 'minNodes', 'maxNodes'],
    callsNodes: false,
    outside: true,
  },
  disconnect: {
    ...usual,
    table: { ...node, connection: ['delete'], subscriptions: ['delete'] },
    callsNodes: true,
  },
  /** Any command may come by it. */
  default: {
    ...usual,
    table: union(Object.values(ofCommands).map(({ table }) => table)),
    callsNodes: true,
    timeoutSeconds: gatewaySeconds,
  },
  reap: {
    ...usual,
    table: {
      nodes: ['query', 'update', 'delete'],
      key: ['delete'],
      session: ['get', 'put', 'update', 'delete'],
      room: ['get', 'update', 'delete'],
      subscriptions: ['query'],
      demand: ['get'],
      onNode: ['query'],
    },
    environment: ['table', 'callbackUrl', 'eventBus', 'cluster', 'service', 'minNodes', 'maxNodes'],
    callsNodes: false,
    outside: true,
    timeoutSeconds: 60,
  },
};

export const needs: Readonly<Record<FunctionName, Needs>> = { ...ofOthers, ...ofCommands };

/** The node's: it holds sessions and rooms, and tells of itself. */
export const nodeTableNeeds: TableNeeds = {
  connection: ['update'],
  session: ['get', 'put', 'update', 'delete'],
  room: ['get', 'put', 'update', 'delete'],
  nodes: ['query', 'update', 'delete'],
  key: ['get', 'put'],
  subscriptions: ['query'],
  onNode: ['query'],
};
