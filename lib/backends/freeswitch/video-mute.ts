import type { FreeSwitchChannel, Place } from './channel.ts';
import type { FreeSwitchConnection } from './connection.ts';
import type { Mover } from './moves.ts';
import { muteMemberVideo } from './requests.ts';

/** A conference profile in which nobody hears or sees anything. */
const silentProfile = 'silent';

/**
 * Mutes what a client's camera sends. FreeSWITCH knows that of members of a conference only, but the flag stays with the
 * channel: anywhere else it goes through an empty conference and back, within 100 ms.
 */
export class VideoMute {
  readonly #connection: FreeSwitchConnection;
  readonly #channel: FreeSwitchChannel;
  readonly #mover: Mover;

  constructor(connection: FreeSwitchConnection, channel: FreeSwitchChannel, mover: Mover) {
    this.#connection = connection;
    this.#channel = channel;
    this.#mover = mover;
  }

  /** @throws PatchbayError fs_transfer_error, fs_bridge_error, fs_channel_stop */
  async set(isMuted: boolean): Promise<void> {
    const { place } = this.#channel;
    if (place.kind === 'joined') {
      await this.#connection.request(muteMemberVideo(place.room, place.member, isMuted), 'mute');
      return;
    }
    try {
      await this.#setOutside(isMuted);
    } finally {
      await this.#back(place);
    }
  }

  async #setOutside(isMuted: boolean): Promise<void> {
    const room = `vm-${this.#channel.id}`;
    await this.#mover.joinConference(room, silentProfile, ...(isMuted ? ['vmute'] : []));
    const { place } = this.#channel;
    if (isMuted || place.kind !== 'joined') return;
    await this.#connection.request(muteMemberVideo(room, place.member, false), 'mute');
  }

  /** To where it was; to park when its partner has gone meanwhile. */
  async #back(place: Place): Promise<void> {
    if (place.kind === 'echoing') return this.#mover.echo();
    const peer = place.kind === 'bridged' ? this.#connection.channels.get(place.peerId) : undefined;
    if (!peer) return this.#mover.park();
    try {
      await this.#mover.bridge(peer);
    } catch (error) {
      if (!peer.isGone) throw error;
      await this.#mover.park();
    }
  }
}
