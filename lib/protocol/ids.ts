import * as z from 'zod/mini';

/**
 * A session's or room's id: given by the client, or made by the server as `UUID@node`, which says where it lives. A node
 * is called as its host is, dots included. docs/protocol.md#objects.
 */
export const objectId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_.:-]{1,64}(@[A-Za-z0-9_.-]{1,64})?$/, 'may have 1 to 64 of A-Z a-z 0-9 _ . : -'));

/** An id that a client chooses: it has no node. */
export const clientId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'may have 1 to 64 of A-Z a-z 0-9 _ . : - (no @)'));

export const makeId = (uuid: string, nodeId: string): string => `${uuid}@${nodeId}`;

/** The node in a server-made id, or undefined: then the record knows. */
export function nodeOfId(id: string): string | undefined {
  const at = id.indexOf('@');
  return at < 0 ? undefined : id.slice(at + 1);
}
