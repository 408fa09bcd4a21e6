import * as z from 'zod/mini';
import { PatchbayError } from '../protocol/errors.ts';

/** Identity and access. docs/protocol.md#identity-and-access. */

export const scopes = ['media:session', 'media:room', 'media:rtp', 'media:admin'] as const;
export type Scope = (typeof scopes)[number];

/** Who sent a message: made from the authorizer's context, carried to the node with each command. */
export const callerSchema = z.object({
  tenant: z.string(),
  userId: z.string(),
  scopes: z.array(z.enum(scopes)),
  /** The only rooms that this caller may use; undefined: all of the tenant. */
  rooms: z.optional(z.array(z.string())),
  connectionId: z.string(),
  /** The connection asked for events in batches. */
  batch: z.optional(z.boolean()),
});
export type Caller = z.output<typeof callerSchema>;

export interface Owned {
  readonly tenant: string;
  readonly userId: string;
}

export const isAdmin = (caller: Caller): boolean => caller.scopes.includes('media:admin');

/** Same tenant, and the owner or an administrator. */
export const mayControl = (caller: Caller, object: Owned): boolean =>
  caller.tenant === object.tenant && (isAdmin(caller) || caller.userId === object.userId);

/**
 * @throws PatchbayError session_not_found for another tenant's session (it does not exist for the caller),
 *   unauthorized for another user's
 */
export function requireControl(caller: Caller, session: Owned, sessionId: string): void {
  if (caller.tenant !== session.tenant) throw sessionNotFound(sessionId);
  if (!mayControl(caller, session)) {
    throw new PatchbayError('unauthorized', `session ${sessionId} belongs to another user`);
  }
}

/** @throws PatchbayError unauthorized, naming the scope */
export function requireScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.includes(scope) || isAdmin(caller)) return;
  throw new PatchbayError('unauthorized', `this needs the scope ${scope}`);
}

/** @throws PatchbayError unauthorized */
export const requireAdmin = (caller: Caller): void => requireScope(caller, 'media:admin');

/**
 * The claim `rooms` holds for everybody, administrators too. A room that is yet to get its id is in nobody's claim.
 *
 * @throws PatchbayError unauthorized
 */
export function requireRoom({ rooms }: Caller, roomId: string | undefined): void {
  if (rooms === undefined) return;
  if (roomId === undefined) {
    throw new PatchbayError('unauthorized', 'this token may use certain rooms only: it needs data.room_id');
  }
  if (!rooms.includes(roomId)) throw new PatchbayError('unauthorized', `this token may not use room ${roomId}`);
}

export const sessionNotFound = (sessionId: string): PatchbayError =>
  new PatchbayError('session_not_found', `no session ${sessionId}`);

export const roomNotFound = (roomId: string): PatchbayError => new PatchbayError('room_not_found', `no room ${roomId}`);
