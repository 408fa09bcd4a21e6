import type { JanodeHandle, JanodeSession } from 'janode';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { claimHandle } from './claim.ts';
import { toPatchbayError } from './errors.ts';
import { type JanusHandle, requestTimeoutMs } from './handle.ts';

/** The handles of one Janus session: who owns which. */
export class JanusHandles {
  readonly #isAway: () => boolean;
  readonly #live = new Set<JanusHandle>();
  /** Handles that could not be detached while Janus was out of reach. */
  readonly #leftovers = new Set<JanusHandle>();
  readonly #attaching = new Set<Promise<void>>();

  /** @param isAway whether Janus is out of reach, but may be back with all that it has */
  constructor(isAway: () => boolean) {
    this.#isAway = isAway;
  }

  /** Those that carry media or control, not the leftovers. */
  get live(): ReadonlySet<JanusHandle> {
    return this.#live;
  }

  /** @throws PatchbayError janus_error, janus_connection_error */
  async attach(session: JanodeSession, handle: JanusHandle): Promise<void> {
    const attaching = this.#attach(session, handle);
    this.#attaching.add(attaching);
    try {
      await attaching;
    } finally {
      this.#attaching.delete(attaching);
    }
  }

  async #attach(session: JanodeSession, handle: JanusHandle): Promise<void> {
    this.#live.add(handle);
    const attached = session.attach(handle.plugin);
    try {
      handle.adopt(await withTimeout(attached, requestTimeoutMs, timedOut));
      // Nobody wants it any more.
      if (handle.isEnded) await this.detach(handle);
    } catch (error) {
      this.#live.delete(handle);
      // The answer may still come, and then nobody waits for the handle any more.
      attached.then(release, () => {});
      throw toPatchbayError(error, 'attach');
    }
  }

  /** Frees the handle now, or after the next claim when Janus is out of reach. Never throws. */
  async detach(handle: JanusHandle): Promise<void> {
    this.#live.delete(handle);
    if (!(await handle.detach()) && this.#isAway()) this.#leftovers.add(handle);
  }

  detachLeftovers(): void {
    const leftovers = [...this.#leftovers];
    this.#leftovers.clear();
    for (const handle of leftovers) void this.detach(handle);
  }

  /** The WebSocket is gone. */
  suspend(): void {
    for (const handle of this.#live) handle.suspend();
  }

  /** Gives each of them a janode handle of the session that was claimed. */
  async adopt(session: JanodeSession): Promise<void> {
    for (const handle of [...this.#live, ...this.#leftovers]) {
      if (handle.id !== undefined) handle.adopt(await claimHandle(session, handle.plugin, handle.id));
    }
  }

  /** The Janus session is gone, and with it all of them. Returns how many that were. */
  lose(): number {
    this.#leftovers.clear();
    const lost = [...this.#live];
    this.#live.clear();
    for (const handle of lost) handle.lost();
    return lost.length;
  }

  /**
   * Which of these, all of our session, nobody owns: the answer to their attach was lost. One that is being attached at
   * the moment is waited for.
   */
  async orphans(ids: readonly number[]): Promise<number[]> {
    await Promise.allSettled(this.#attaching);
    const owned = new Set([...this.#live, ...this.#leftovers].map(({ id }) => id));
    return ids.filter((id) => !owned.has(id));
  }
}

const release = (handle: JanodeHandle) => {
  handle.sendRequest({ janus: 'detach' }, requestTimeoutMs).catch(() => {});
};

const timedOut = () => new PatchbayError('janus_connection_error', 'Janus did not answer');
