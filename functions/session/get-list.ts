import { command, type Run } from '../../lib/command/command.ts';
import { nodesFrom, writeCursor } from '../../lib/command/cursor.ts';
import { runOnIfThere } from '../../lib/command/on-node.ts';
import { limits } from '../../lib/protocol/limits.ts';
import type { SessionSummary } from '../../lib/protocol/session.ts';

/** With this much on a page, the next node's (up to `limits.pageBytes`) goes on a page of its own. */
const pageRestBytes = limits.messageBytes - limits.pageBytes - 8 * 1024;

/**
 * Asks the nodes, who hold every live session, one after another in the order of their ids. The cursor names the node
 * and the last id of a page, so a list is whole even while sessions come and go.
 */
export const run: Run<'session/get_list'> = async (call) => {
  const { nodes, afterOn } = await nodesFrom(call, call.data.cursor);
  const sessions: SessionSummary[] = [];
  for (const node of nodes) {
    const data = { ...call.data, limit: call.data.limit - sessions.length };
    const page = await runOnIfThere(call, node, { data, after: afterOn(node) });
    if (!page) continue;
    sessions.push(...page.sessions);
    const last = page.sessions.at(-1)?.session_id;
    if (page.cursor !== undefined && last !== undefined) {
      return { sessions, cursor: writeCursor({ nodeId: node.nodeId, after: last }) };
    }
    const full = sessions.length >= call.data.limit || Buffer.byteLength(JSON.stringify(sessions)) > pageRestBytes;
    if (full && node !== nodes.at(-1)) {
      return { sessions, cursor: writeCursor({ nodeId: node.nodeId, after: last ?? '' }) };
    }
  }
  return { sessions };
};

export const handler = command('session/get_list', run);
