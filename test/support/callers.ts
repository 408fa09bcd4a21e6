import type { Caller } from '../../lib/domain/access.ts';

/** An ordinary user with one connection. */
export const caller = (change: Partial<Caller> = {}): Caller => ({
  tenant: 'acme',
  userId: 'ann',
  scopes: ['media:session'],
  connectionId: 'connection-1',
  ...change,
});

export const admin = (change: Partial<Caller> = {}): Caller =>
  caller({ userId: 'root', scopes: ['media:admin'], connectionId: 'connection-admin', ...change });

/** Who may make, end and moderate rooms. */
export const moderator = (change: Partial<Caller> = {}): Caller =>
  caller({ scopes: ['media:session', 'media:room'], ...change });
