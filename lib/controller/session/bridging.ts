import { PatchbayError } from '../../protocol/errors.ts';
import { settle } from '../settle.ts';
import type { LiveSession } from './live-session.ts';

/** The session that this one is bridged with, while it is. */
export class Bridging {
  readonly #self: LiveSession;
  #peer: LiveSession | undefined;

  constructor(self: LiveSession) {
    this.#self = self;
  }

  get peer(): LiveSession | undefined {
    return this.#peer;
  }

  /** Both are each other's from now on. */
  connect(peer: LiveSession): void {
    this.#peer = peer;
    peer.bridging.#peer = this.#self;
  }

  /** It is bridged no more. @returns the one that is left alone now */
  disconnect(): LiveSession | undefined {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer) peer.bridging.#peer = undefined;
    return peer;
  }

  /** This session ends: whom it was bridged with stops, or goes back to park. */
  leave(): void {
    const peer = this.disconnect();
    peer?.later(() => peer.bridging.deserted(this.#self));
  }

  /**
   * Whom it was bridged with, or made for, has gone. In this session's queue, or while that is held.
   *
   * @throws PatchbayError bridge_stop, which ends it, unless `stop_after_peer` is false
   */
  async deserted(by: LiveSession): Promise<void> {
    const self = this.#self;
    if (this.#peer || self.type !== 'bridge') return;
    if (self.stopAfterPeer) throw new PatchbayError('bridge_stop', `its peer ${by.spec.sessionId} left the bridge`);
    // One that is not ready yet is parked, and must not be touched. Where the engine refuses it is parked all the same: that
    // is how the engine leaves what it does not move.
    if (self.state === 'ready') {
      const { error } = await settle(self.media.engine.changeType?.({ type: 'park' }) ?? Promise.resolve());
      if (error) self.refused(error, 'its return to park');
    }
    self.whereabouts.became({ type: 'park' });
  }
}
