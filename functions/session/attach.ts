import { command, type Run } from '../../lib/command/command.ts';
import { nodesFrom, writeCursor } from '../../lib/command/cursor.ts';
import { runOnIfThere, runOnSession } from '../../lib/command/on-node.ts';

/**
 * Takes over one session, or all of the caller's, on this connection: a client that lost its connection, or is about to
 * at its 2 h limit, goes on here. All of them come by pages, node after node.
 */
export const run: Run<'session/attach'> = async (call) => {
  if (call.data.session_id !== undefined) return runOnSession(call, call.data.session_id);
  const { nodes, afterOn } = await nodesFrom(call, call.data.cursor);
  const [node, next] = nodes;
  if (!node) return { sessions: [] };
  const page = await runOnIfThere(call, node, { after: afterOn(node) });
  const { sessions, cursor } = page ?? { sessions: [] };
  if (cursor !== undefined) return { sessions, cursor: writeCursor({ nodeId: node.nodeId, after: cursor }) };
  return next ? { sessions, cursor: writeCursor({ nodeId: next.nodeId, after: '' }) } : { sessions };
};

export const handler = command('session/attach', run);
