import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../../domain/access.ts';
import { PatchbayError } from '../../protocol/errors.ts';

/** Whose a session is now, and who may take it over. docs/protocol.md#identity-and-access. */
export class Ownership {
  #owner: Caller;
  /** Of a token that nobody has, until the first one is given. */
  #tokenHash = hash(randomBytes(32).toString('base64url'));
  #gone = false;

  constructor(owner: Caller) {
    this.#owner = owner;
  }

  get owner(): Caller {
    return this.#owner;
  }
  get userId(): string {
    return this.#owner.userId;
  }
  get connectionId(): string {
    return this.#owner.connectionId;
  }
  /** The owner's connection is gone, and nobody has attached since. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** A new token to take the session over with: 256 bits, of which only the hash is kept. The one before is worth nothing. */
  newToken(): string {
    const token = randomBytes(32).toString('base64url');
    this.#tokenHash = hash(token);
    return token;
  }

  /** @throws PatchbayError unauthorized unless `caller` is the same user, or brings the token */
  requireTakeover(caller: Caller, token: string | undefined): void {
    if (caller.userId === this.userId) return;
    if (token !== undefined && timingSafeEqual(hash(token), this.#tokenHash)) return;
    throw new PatchbayError('unauthorized', 'attach needs the owner, or the resume_token of the last create or attach');
  }

  takeOver(caller: Caller): void {
    this.#owner = caller;
    this.#gone = false;
  }

  setGone(): void {
    this.#gone = true;
  }
}

const hash = (token: string) => createHash('sha256').update(token).digest();
