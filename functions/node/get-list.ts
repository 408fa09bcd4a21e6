import { command, type Run } from '../../lib/command/command.ts';
import { requireAdmin } from '../../lib/domain/access.ts';
import { isoTime } from '../../lib/domain/clock.ts';

/** The media nodes as they registered themselves. Needs the scope `media:admin`. */
export const run: Run<'node/get_list'> = async ({ caller, directory }) => {
  requireAdmin(caller);
  const nodes = await directory.list();
  return {
    nodes: nodes.map(({ nodeId, state, release, engines, load, capacity, heartbeatAtMs }) => ({
      node_id: nodeId,
      state,
      release,
      engines: [...engines],
      load,
      capacity,
      heartbeat_at: isoTime(heartbeatAtMs),
    })),
  };
};

export const handler = command('node/get_list', run);
