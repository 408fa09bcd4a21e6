import { createHmac, timingSafeEqual } from 'node:crypto';

/** How functions sign what they send to a node: HMAC-SHA256 over method, path, time and body, by the node's key of this boot. */
export const signatureHeader = 'x-patchbay-signature';
export const timeHeader = 'x-patchbay-time';

/** How far the clocks of function and node may differ; a signature is worth nothing after that. */
export const maxSkewMs = 60_000;

export interface Signed {
  readonly method: string;
  readonly path: string;
  readonly timeMs: number;
  readonly body: string;
}

export const sign = (message: Signed, key: string): string =>
  createHmac('sha256', key)
    .update(`${message.method}\n${message.path}\n${message.timeMs}\n`)
    .update(message.body)
    .digest('base64url');

/** @param keys the key of this boot and, for a while after a restart, the one before */
export function verify(message: Signed, signature: string, keys: readonly string[], nowMs: number): boolean {
  if (!Number.isFinite(message.timeMs) || Math.abs(nowMs - message.timeMs) > maxSkewMs) return false;
  const given = Buffer.from(signature);
  return keys.some((key) => {
    const expected = Buffer.from(sign(message, key));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}
