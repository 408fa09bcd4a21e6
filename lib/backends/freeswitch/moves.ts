import { PatchbayError } from '../../protocol/errors.ts';
import type { FreeSwitchChannel, Place } from './channel.ts';
import type { FreeSwitchConnection } from './connection.ts';
import { bridge, conference, type EslCommand, echo, park } from './requests.ts';
import type { FreeSwitchRoom } from './room.ts';

interface Move {
  readonly command: EslCommand;
  readonly doing: 'transfer' | 'bridge';
  readonly otherwise: 'fs_transfer_error' | 'fs_bridge_error';
  readonly fits: (place: Place) => boolean;
  /** Who moves, and whose partners of a bridge are left alone by it. */
  readonly who: readonly FreeSwitchChannel[];
}

/** FreeSWITCH tells of a bridge some moments before its B leg can be moved again. */
const settleMs = 30;

const isParked = ({ kind }: Place) => kind === 'parked';
const isWith =
  (id: string) =>
  (place: Place): boolean =>
    place.kind === 'bridged' && place.peerId === id;

/**
 * Brings a channel from one place to another. FreeSWITCH says `+OK` before it happens, so its event is what counts; where
 * none comes, all channels that were touched are parked, from where they can go anywhere. Two moves of one channel at the
 * same time would leave it in limbo: whoever calls sees to it that there are none, and whom a move leaves alone in a bridge
 * is waited for until FreeSWITCH has parked it.
 */
export class Mover {
  readonly #connection: FreeSwitchConnection;
  readonly #channel: FreeSwitchChannel;

  constructor(connection: FreeSwitchConnection, channel: FreeSwitchChannel) {
    this.#connection = connection;
    this.#channel = channel;
  }

  /** @throws PatchbayError fs_transfer_error, fs_channel_stop */
  async park(): Promise<void> {
    await this.#transfer(park(this.#channel.id), isParked);
  }

  /** @throws as `park` */
  async echo(): Promise<void> {
    await this.#transfer(echo(this.#channel.id), ({ kind }) => kind === 'echoing');
  }

  /** @throws as `park` */
  async join(room: FreeSwitchRoom): Promise<void> {
    await this.joinConference(room.conference.mediaId, room.conference.profile);
  }

  /** @throws as `park` */
  async joinConference(name: string, profile: string, ...flags: readonly string[]): Promise<void> {
    const command = conference(this.#channel.id, name, profile, ...flags);
    await this.#transfer(command, (place) => place.kind === 'joined' && place.room === name);
  }

  /** @throws PatchbayError fs_bridge_error, fs_channel_stop */
  async bridge(peer: FreeSwitchChannel): Promise<void> {
    if (peer === this.#channel) throw new PatchbayError('invalid_value', 'a channel cannot be its own peer');
    const command = bridge(this.#channel.id, peer.id);
    const who = [this.#channel, peer];
    if (!(await this.#go({ command, doing: 'bridge', otherwise: 'fs_bridge_error', fits: isWith(peer.id), who })))
      return;
    await new Promise<void>((resolve) => this.#connection.options.clock.after(settleMs, resolve));
  }

  async #transfer(command: EslCommand, fits: Move['fits']): Promise<void> {
    await this.#go({ command, doing: 'transfer', otherwise: 'fs_transfer_error', fits, who: [this.#channel] });
  }

  /** False when it is there already. */
  async #go({ command, doing, otherwise, fits, who }: Move): Promise<boolean> {
    for (const channel of who) await this.#settled(channel);
    const isAllThere = who.every(({ isGone }) => !isGone);
    if (isAllThere && fits(this.#channel.place)) return false;
    const alone = who.map((channel) => this.#partner(channel)).filter((one) => one !== undefined && !who.includes(one));
    const late = () => new PatchbayError(otherwise, `FreeSWITCH did not ${doing} the channel`);
    const there = this.#channel.reaches(fits, late);
    const left = alone.map((channel) => channel?.reaches(isParked, late));
    // Who waits for them may not come that far.
    for (const promise of [there, ...left]) promise?.catch(() => {});
    try {
      for (const channel of who) channel.requireThere();
      await this.#connection.request(command, doing, otherwise);
      await there;
      await Promise.all(left);
    } catch (error) {
      await Promise.all([...who, ...alone].map((channel) => channel && this.#rescue(channel)));
      throw error;
    }
    for (const channel of who) channel.isAstray = false;
    return true;
  }

  /** Whom its partner has left is parked by FreeSWITCH itself, soon after: a command that comes between would be lost. */
  async #settled(channel: FreeSwitchChannel): Promise<void> {
    if (channel.isGone || channel.place.kind !== 'bridged' || this.#partner(channel)) return;
    const late = () => new PatchbayError('fs_transfer_error');
    await channel.reaches(isParked, late).catch(() => channel.found({ kind: 'none' }));
  }

  /** Whom it is bridged with, as far as both know. */
  #partner({ id, place }: FreeSwitchChannel): FreeSwitchChannel | undefined {
    const peer = place.kind === 'bridged' ? this.#connection.channels.get(place.peerId) : undefined;
    return peer && isWith(id)(peer.place) ? peer : undefined;
  }

  /** Parked, a channel has left any limbo. One that is gone needs nothing. */
  async #rescue(channel: FreeSwitchChannel): Promise<void> {
    if (channel.isGone) return;
    // What was known of it does not hold any more.
    channel.found({ kind: 'none' });
    const parked = channel.reaches(isParked, () => new PatchbayError('fs_transfer_error'));
    parked.catch(() => {});
    await this.#connection
      .request(park(channel.id), 'park')
      .then(() => parked)
      .catch(() => {
        channel.isAstray = true;
      });
  }
}
