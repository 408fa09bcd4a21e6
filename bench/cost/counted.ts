import * as z from 'zod/mini';

/** What one call does, from the first connect to the last disconnect; of several runs the most of each. */
export const counted = z.object({
  /** WebSockets, and so the runs of `$connect`, its authorizer and `$disconnect`. */
  connections: z.int(),
  /** Sessions on a media node; none of two that talk straight to each other. */
  sessions: z.int(),
  /** Commands, each one message and one function. */
  commands: z.int(),
  replies: z.int(),
  /** Messages with events, each one call of the connection-management API. */
  callbacks: z.int(),
  /** Of all functions, as the client waited for them on this machine. */
  functionMs: z.number(),
  writeUnits: z.number(),
  readUnits: z.number(),
  busEvents: z.int(),
  /** Without what Lambda itself adds. */
  functionLogBytes: z.int(),
  nodeLogBytes: z.int(),
});
export type Counted = z.output<typeof counted>;

/** `bench/results/cost.json` */
export const countedCalls = z.object({
  machine: z.string(),
  runs: z.int(),
  heartbeatWriteUnits: z.number(),
  nodeListReadUnits: z.number(),
  /** Of one run in which there is nothing to do. */
  reaperReadUnits: z.number(),
  recording: z.object({ puts: z.int(), heads: z.int() }),
  calls: z.object({ echo: counted, proxy: counted, p2p: counted, room: counted, conference: counted }),
});
export type CountedCalls = z.output<typeof countedCalls>;
export type CallName = keyof CountedCalls['calls'];

/** What each of the counted calls is. */
export const callNames: Readonly<Record<CallName, string>> = {
  echo: 'echo: one party',
  proxy: 'two parties through Janus (`proxy`)',
  p2p: 'two parties, straight to each other (`p2p`)',
  room: 'one publishes, two listen (`publish`, `listen`)',
  conference: 'two parties in a conference (`mcu`)',
};
