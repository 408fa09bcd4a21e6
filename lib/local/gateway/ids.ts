import { randomBytes } from 'node:crypto';

/**
 * An id as API Gateway makes them for connections, requests and messages: `L0SM9cOFvHcCIhw=`.
 *
 * 11 random bytes are 16 characters with exactly one `=` at the end, which a client of `@connections` has to
 * URL-encode: a shorter or unpadded id would hide the fault of one that forgets to.
 */
export function createGatewayId(): string {
  return `${randomBytes(11).toString('base64url')}=`;
}
