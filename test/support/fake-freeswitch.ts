import type {
  MediaPlace,
  MediaRoom,
  MediaSession,
  MediaSink,
  MediaSpec,
  RoomSink,
  RoomSpec,
} from '../../lib/backends/backend.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import type { SessionType } from '../../lib/protocol/session.ts';
import { FakeBackend, FakeMedia, FakeRecorder, FakeRoom, newest } from './fake-backend.ts';

const types: readonly SessionType[] = ['park', 'echo', 'bridge', 'mcu'];
export const knownLayouts: readonly string[] = ['1x1', '2x2', 'group:grid'];

/** One session's media: where the engine has it, and where it was told to bring it. */
export class FakeChannel extends FakeMedia {
  /** Where it is now; undefined when it is gone. */
  place: MediaPlace | undefined;
  /** Where it was to be brought, one after the other. */
  readonly moves: MediaPlace[] = [];
  /** What the next changes of type wait for: an engine that is slow, or does not answer at all. */
  moving: Promise<void> = Promise.resolve();
  /** What the next changes of type fail with, all that they touch being parked. */
  moveFailure: Error | undefined;
  /** Whether its client's media have come that far that it can be moved. */
  isConnected = true;
  /** Why the engine cannot be asked to move it now. */
  outOfReach: Error | undefined;

  constructor(spec: MediaSpec, sink: MediaSink, recorder?: FakeRecorder) {
    super(spec, sink, recorder);
    const { type, room } = spec;
    this.place = type === 'mcu' && room ? { type, room } : { type: type === 'echo' ? 'echo' : 'park' };
  }

  /** With whom it is bridged. */
  get peer(): FakeChannel | undefined {
    return this.place?.type === 'bridge' && this.place.peer instanceof FakeChannel ? this.place.peer : undefined;
  }

  requireReach(): void {
    if (this.outOfReach) throw this.outOfReach;
  }

  async changeType(to: MediaPlace): Promise<void> {
    this.moves.push(to);
    const { moveFailure } = this;
    await this.moving;
    const movers = to.type === 'bridge' ? [this, channelOf(to.peer)] : [this];
    if (!movers.every(({ isConnected }) => isConnected)) {
      throw new PatchbayError('invalid_state', 'the client is not connected to FreeSWITCH yet');
    }
    const isGone = movers.some(({ place }) => !place);
    for (const one of movers) one.#park();
    if (isGone) throw new PatchbayError('fs_channel_stop', 'the channel is gone');
    if (moveFailure) throw moveFailure;
    this.place = to;
    if (to.type === 'bridge') channelOf(to.peer).place = { type: 'bridge', peer: this };
  }

  /** The far end hangs up. */
  hangUp(): void {
    if (!this.place) return;
    this.#park();
    this.place = undefined;
    this.sink.status({ class: 'hangup', cause: 'NORMAL_CLEARING' });
    this.sink.stopped(new PatchbayError('fs_channel_stop', 'FreeSWITCH ended the channel: NORMAL_CLEARING'));
  }

  override async close(): Promise<void> {
    await super.close();
    this.#park();
    this.place = undefined;
  }

  /** Whom it leaves alone is parked as well. */
  #park(): void {
    const { peer } = this;
    if (!this.place) return;
    this.place = { type: 'park' };
    if (peer) peer.place = { type: 'park' };
  }
}

/** A conference. */
export class FakeConference extends FakeRoom {
  /** How it was to be arranged, one after the other. */
  readonly layouts: string[] = [];
  readonly recorder: FakeRecorder;

  constructor(spec: RoomSpec, sink: RoomSink, recorder = new FakeRecorder()) {
    super(spec, sink);
    this.recorder = recorder;
  }

  async setLayout(name: string): Promise<void> {
    if (!knownLayouts.includes(name)) {
      throw new PatchbayError('invalid_value', `layout must be one of ${knownLayouts.join(', ')}`);
    }
    this.layouts.push(name);
  }
}

/** An engine that has all of its types in both roles, makes one of another, and mixes rooms. */
export class FakeFreeSwitch extends FakeBackend {
  override readonly opened: FakeChannel[] = [];
  override readonly rooms: FakeConference[] = [];
  override passesCandidates = false;

  constructor(name = 'freeswitch-1') {
    super('freeswitch', name);
  }

  override get media(): FakeChannel {
    return newest(this.opened);
  }

  override get room(): FakeConference {
    return newest(this.rooms);
  }

  override open(spec: MediaSpec, sink: MediaSink): FakeChannel {
    if (!types.includes(spec.type)) {
      throw new PatchbayError('incompatible_session', `freeswitch does not do ${spec.type}`);
    }
    return this.opens(new FakeChannel(spec, sink, new FakeRecorder(this.leavesFiles)));
  }

  override openRoom(spec: RoomSpec, sink: RoomSink): FakeConference {
    return this.opensRoom(new FakeConference(spec, sink, new FakeRecorder(this.leavesFiles)));
  }

  /** Who is in a room, as the engine has it. */
  membersOf(room: MediaRoom): FakeChannel[] {
    return this.opened.filter(({ place }) => place?.type === 'mcu' && place.room === room);
  }
}

function channelOf(media: MediaSession): FakeChannel {
  if (media instanceof FakeChannel) return media;
  throw new PatchbayError('different_mediaserver', 'its peer is on another engine');
}
