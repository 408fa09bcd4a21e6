import * as z from 'zod/mini';
import { type Caller, scopes } from '../domain/access.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { WebSocketEvent } from './websocket-event.ts';

/** What `authorize` hands on. API Gateway makes a string of each value on its way. */
const context = z.object({
  tenant: z.string(),
  sub: z.string(),
  scope: z.string(),
  rooms: z.optional(z.string()),
  exp: z.optional(z.coerce.number()),
  batch: z.optional(z.string()),
});
export type AuthorizerContext = z.input<typeof context>;

/**
 * Who sent a message.
 *
 * @throws PatchbayError not_authenticated when there is no identity, or it has expired since `$connect`
 */
export function identify(event: WebSocketEvent, nowMs: number): Caller {
  const { caller, expiresAtMs } = identityOf(event);
  if (expiresAtMs <= nowMs) {
    throw new PatchbayError('not_authenticated', 'the token has expired: connect again with a new one');
  }
  return caller;
}

/** The same at `$connect`, where the authorizer has just judged the token's time itself. */
export function identityOf(event: WebSocketEvent): { caller: Caller; expiresAtMs: number } {
  const result = z.safeParse(context, event.requestContext.authorizer);
  if (!result.success) throw new PatchbayError('not_authenticated', 'the connection has no identity');
  const { tenant, sub, scope, rooms, exp, batch } = result.data;
  const words = scope.split(' ');
  const caller = {
    tenant,
    userId: sub,
    scopes: scopes.filter((known) => words.includes(known)),
    ...(rooms !== undefined && { rooms: rooms.split(' ').filter((room) => room !== '') }),
    connectionId: event.requestContext.connectionId,
    batch: batch === '1',
  };
  return { caller, expiresAtMs: exp === undefined ? Number.POSITIVE_INFINITY : exp * 1000 };
}
