import { sessionNotFound } from '../../domain/access.ts';
import type { LiveSession } from './live-session.ts';
import { changeType, type TypeWish } from './type-change.ts';

/** What a session is to become once it, and whom it is to be connected with, is ready. The newest wish counts. */
export class Wishes {
  readonly #session: LiveSession;
  #wish: TypeWish | undefined;
  /** How often a client has asked. */
  #asked = 0;
  /** The sessions that wait for this one to be ready. */
  readonly #suitors = new Set<LiveSession>();

  /** @param first what it is made to become */
  constructor(session: LiveSession, first: TypeWish | undefined) {
    this.#session = session;
    this.#take(first);
  }

  /** With whom it is going to be bridged. */
  get peer(): LiveSession | undefined {
    return this.#wish?.type === 'bridge' ? this.#wish.peer : undefined;
  }

  /**
   * Resolves when it is what it is to become, or when that has to wait.
   *
   * @throws PatchbayError session_not_found; as `changeType`
   */
  async set(wish: TypeWish): Promise<void> {
    if (this.#session.state === 'destroyed') {
      letGo(wish);
      throw sessionNotFound(this.#session.spec.sessionId);
    }
    this.#asked += 1;
    this.#take(wish);
    // Of two commands under way together each is carried out, in any order.
    await this.#fulfil(() => true);
  }

  /** The session is ready: what had to wait for it is done, beside everything else. */
  ready(): void {
    for (const one of [this.#session, ...this.#suitors]) {
      one.wishes.#fulfilLater().catch((error: unknown) => one.refused(error, 'what was asked for in wait'));
    }
  }

  /** The session is over: who waits for it waits for nobody any more. */
  end(): void {
    this.#take(undefined);
    for (const suitor of this.#suitors) {
      suitor.wishes.#take(undefined);
      suitor.later(() => suitor.bridging.deserted(this.#session));
    }
  }

  /** What was remembered must not undo what is asked for meanwhile. */
  #fulfilLater(): Promise<void> {
    const asked = this.#asked;
    return this.#fulfil(() => this.#asked === asked);
  }

  async #fulfil(isWanted: () => boolean): Promise<void> {
    const wish = this.#wish;
    if (!wish || this.#session.state !== 'ready' || (wish.type === 'bridge' && wish.peer.state === 'wait')) return;
    this.#leave();
    try {
      await changeType(this.#session, wish, isWanted);
    } finally {
      letGo(wish);
    }
  }

  #take(wish: TypeWish | undefined): void {
    const before = this.#leave();
    if (before) letGo(before);
    this.#wish = wish;
    if (wish?.type === 'bridge') wish.peer.wishes.#suitors.add(this.#session);
  }

  /** It waits for nothing now. @returns what it waited for */
  #leave(): TypeWish | undefined {
    const wish = this.#wish;
    this.#wish = undefined;
    if (wish?.type === 'bridge') wish.peer.wishes.#suitors.delete(this.#session);
    return wish;
  }
}

/** It is done, or never will be. */
function letGo(wish: TypeWish): void {
  if (wish.type === 'mcu') wish.seat.giveBack();
}
