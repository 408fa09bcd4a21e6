import * as z from 'zod/mini';

/** The schemas of `subclass: "node"`. docs/protocol.md#nodes. */

export const nodeListReply = z.object({
  nodes: z.array(
    z.object({
      node_id: z.string(),
      state: z.enum(['up', 'draining', 'lost']),
      release: z.string(),
      engines: z.array(
        z.object({
          kind: z.enum(['janus', 'freeswitch', 'p2p']),
          name: z.string(),
          version: z.string(),
          up: z.boolean(),
          sessions: z.int(),
        }),
      ),
      load: z.number(),
      capacity: z.number(),
      heartbeat_at: z.string(),
    }),
  ),
});
