import type { CommandReply } from '../protocol/commands.ts';
import { limits } from '../protocol/limits.ts';
import type { CommandCall } from './command.ts';
import { nodesFrom, writeCursor } from './cursor.ts';
import { runOnIfThere } from './on-node.ts';

/** With this much on a page, the next node's (up to `limits.pageBytes`) goes on a page of its own. */
const pageRestBytes = limits.messageBytes - limits.pageBytes - 8 * 1024;

type ListCommand = 'session/get_list' | 'room/get_list';

export interface Page<Line> {
  readonly lines: Line[];
  /** None after the last page. */
  readonly cursor?: string;
}

/**
 * A page of a list of what lives on the nodes: they are asked one after another in the order of their ids. The cursor
 * names the node and the last id of a page, so a list is whole even while objects come and go.
 *
 * @throws PatchbayError invalid_value for a cursor that is none of ours
 */
export async function listPage<C extends ListCommand, Line>(
  call: CommandCall<C>,
  linesOf: (reply: CommandReply<C>) => readonly Line[],
  idOf: (line: Line) => string,
): Promise<Page<Line>> {
  const { nodes, afterOn } = await nodesFrom(call, call.data.cursor);
  const lines: Line[] = [];
  for (const node of nodes) {
    const data = { ...call.data, limit: call.data.limit - lines.length };
    const page = await runOnIfThere(call, node, { data, after: afterOn(node) });
    if (!page) continue;
    const found = linesOf(page);
    lines.push(...found);
    const last = found.at(-1);
    if (page.cursor !== undefined && last !== undefined) {
      return { lines, cursor: writeCursor({ nodeId: node.nodeId, after: idOf(last) }) };
    }
    const full = lines.length >= call.data.limit || Buffer.byteLength(JSON.stringify(lines)) > pageRestBytes;
    if (full && node !== nodes.at(-1)) {
      return { lines, cursor: writeCursor({ nodeId: node.nodeId, after: last === undefined ? '' : idOf(last) }) };
    }
  }
  return { lines };
}
