import * as z from 'zod/mini';
import { isReachable, type Node } from '../domain/placement.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Services } from './services.ts';

/** Where a page of a list ended: on which node, after which id. Opaque to clients. */
export interface Cursor {
  readonly nodeId: string;
  readonly after: string;
}

const parts = z.tuple([z.string(), z.string()]);

export const writeCursor = ({ nodeId, after }: Cursor): string =>
  Buffer.from(JSON.stringify([nodeId, after])).toString('base64url');

/** @throws PatchbayError invalid_value */
export function readCursor(text: string): Cursor {
  try {
    const [nodeId, after] = parts.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { nodeId, after };
  } catch (cause) {
    throw new PatchbayError('invalid_value', 'data.cursor is none that get_list gave', { cause });
  }
}

/**
 * The nodes that a page of a list still has to ask, and after which id each of them goes on.
 *
 * @throws PatchbayError invalid_value for a cursor that is none of ours
 */
export async function nodesFrom(
  { directory, clock }: Pick<Services, 'directory' | 'clock'>,
  cursor: string | undefined,
): Promise<{ nodes: Node[]; afterOn: (node: Node) => string }> {
  const from = cursor === undefined ? undefined : readCursor(cursor);
  const nowMs = clock.nowMs();
  const nodes = (await directory.list()).filter(
    (node) => isReachable(node, nowMs) && node.nodeId >= (from?.nodeId ?? ''),
  );
  return { nodes, afterOn: ({ nodeId }) => (nodeId === from?.nodeId ? from.after : '') };
}
