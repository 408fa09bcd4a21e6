import { PatchbayError } from '../../protocol/errors.ts';
import type { LiveSession } from './live-session.ts';

/** A session and its peer: master and slave, while both live. */
export class SessionPair {
  readonly #self: LiveSession;
  #peer: LiveSession | undefined;

  constructor(self: LiveSession, peer: LiveSession | undefined) {
    this.#self = self;
    this.#peer = peer;
  }

  get peer(): LiveSession | undefined {
    return this.#peer;
  }

  /** Becomes the peer of the session that has this one as its master. */
  join(slave: LiveSession): void {
    this.#peer = slave;
    this.#self.negotiation.passAgain();
  }

  /** A slave's offer is its master's, now or as soon as it is complete. */
  askForOffer(): void {
    const master = this.#peer;
    master?.later(async () => {
      const offer = master.negotiation.offer.known.value;
      if (offer) this.#self.later(() => this.#self.negotiation.giveOffer(offer));
    });
  }

  /** A slave that never was leaves no trace with its master. */
  forget(peer: LiveSession): void {
    if (this.#peer === peer) this.#peer = undefined;
  }

  /** This session ends: its peer stops too, or stays alone, as its own `stop_after_peer` says. A proxy needs both. */
  leave(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.later(async () => {
      if (peer.pair.peer !== this.#self) return;
      peer.pair.forget(this.#self);
      if (peer.stopAfterPeer || peer.type === 'proxy') {
        throw new PatchbayError('peer_stopped', `its peer ${this.#self.spec.sessionId} stopped`);
      }
    });
  }
}
