import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaRecorder, MediaRoom, RoomSpec } from '../backend.ts';
import type { FreeSwitchConnection } from './connection.ts';
import { FreeSwitchRecorder } from './recorder.ts';
import { layout, recordRoom } from './requests.ts';

/** What FreeSWITCH calls a conference by. */
export interface Conference {
  readonly mediaId: string;
  readonly profile: string;
}

const defaultProfile = 'video-mcu-stereo';

/** A conference. FreeSWITCH makes it when its first member joins, and ends it with its last. */
export class FreeSwitchRoom implements MediaRoom {
  readonly spec: RoomSpec;
  readonly connection: FreeSwitchConnection;
  readonly recorder: MediaRecorder;
  readonly #members = new Set<string>();
  #conferenceId: string | undefined;
  /** As it is wanted, also before anybody is there to see it: FreeSWITCH does not tell how it is. */
  #layout: string | undefined;

  constructor(connection: FreeSwitchConnection, spec: RoomSpec) {
    this.connection = connection;
    this.spec = spec;
    this.#layout = spec.layout;
    connection.rooms.set(spec.mediaId, this);
    this.recorder = new FreeSwitchRecorder({
      connection,
      suffixes: async () => [this.#suffix()],
      command: (isStart, file) => recordRoom(spec.mediaId, isStart, file),
      isLost: () => this.#members.size === 0 && !connection.isUp,
    });
  }

  get conference(): Conference {
    return { mediaId: this.spec.mediaId, profile: this.spec.profile ?? defaultProfile };
  }

  async make(): Promise<void> {
    if (this.spec.layout !== undefined) this.#requireLayout(this.spec.layout);
  }

  async close(): Promise<void> {
    const { rooms } = this.connection;
    if (rooms.get(this.spec.mediaId) === this) rooms.delete(this.spec.mediaId);
    await this.recorder.stop().catch(() => {});
  }

  async setLayout(name: string): Promise<void> {
    this.#requireLayout(name);
    if (this.#members.size > 0) await this.#arrange(name);
    this.#layout = name;
  }

  /** A channel is a member now. The first one finds the conference as FreeSWITCH makes it, not as it is wanted. */
  joined(channelId: string, conferenceId: string): void {
    const isNew = this.#conferenceId !== conferenceId;
    if (isNew) this.#members.clear();
    this.#conferenceId = conferenceId;
    this.#members.add(channelId);
    if (!isNew || this.#layout === undefined) return;
    this.#arrange(this.#layout).catch((error: unknown) => {
      this.connection.options.log.warn({ err: error, room: this.spec.mediaId }, 'the first layout was refused');
    });
  }

  left(channelId: string): void {
    this.#members.delete(channelId);
  }

  /** @throws PatchbayError invalid_value, naming those that there are */
  #requireLayout(name: string): void {
    const known = this.connection.layouts;
    if (known.length === 0 || known.includes(name)) return;
    throw new PatchbayError('invalid_value', `layout must be one of ${known.join(', ')}`);
  }

  async #arrange(name: string): Promise<void> {
    try {
      await this.connection.request(layout(this.spec.mediaId, name), 'layout');
    } catch (error) {
      // Its last member has just left: the next one finds it so.
      if (!(error instanceof PatchbayError && error.reason === 'room_not_found')) throw error;
    }
  }

  #suffix(): string {
    if (this.#members.size === 0) throw new PatchbayError('no_room_members', 'nobody is in the room to be recorded');
    return `-mix.${this.connection.recordsVideo && !this.conference.profile.startsWith('audio') ? 'mp4' : 'wav'}`;
  }
}
