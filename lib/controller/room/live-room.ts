import type { MediaRoom } from '../../backends/backend.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { RoomEventBodies, RoomEventType, RoomStatus } from '../../protocol/events.ts';
import type { RoomRole } from '../../protocol/room.ts';
import { EventLog } from '../event-log.ts';
import { SerialQueue } from '../serial-queue.ts';
import type { LiveSession } from '../session/live-session.ts';
import { asPatchbayError, settle } from '../settle.ts';
import { Timers } from '../timers.ts';
import { RoomMembers } from './members.ts';
import type { RoomSpec, RoomWorld } from './spec.ts';
import { roomBody, roomRecord } from './view.ts';

/** A room may live for as long as it is used: its record is put again every day, and collected 3 days after the last time. */
const recordLifeSeconds = 3 * 86_400;
const renewMs = 86_400_000;

/**
 * One room while it lives. Sessions join it when they are made and leave it when they end; without publishers for
 * `timeout` seconds it ends itself.
 */
export class LiveRoom {
  readonly spec: RoomSpec;
  readonly createdAtMs: number;
  readonly media: MediaRoom;
  readonly members = new RoomMembers();
  readonly #world: RoomWorld;
  readonly #log: EventLog;
  readonly #queue = new SerialQueue();
  readonly #timers: Timers<'idle' | 'record'>;
  readonly #status: Partial<Record<RoomStatus['class'], RoomStatus>> = {};
  #starting: Promise<void> | undefined;
  /** What happened before `created` was told; undefined once it is. */
  #heldBack: (() => void)[] | undefined = [];
  /** Who was in it when it began to end. */
  #lastUsers: readonly string[] = [];
  #ended = false;
  #wasUsed = false;

  /** @throws PatchbayError no_mediaserver, incompatible_session */
  constructor(spec: RoomSpec, world: RoomWorld) {
    const { backend, options, mediaId } = spec;
    this.spec = spec;
    this.#world = world;
    this.createdAtMs = world.clock.nowMs();
    this.#log = new EventLog('room', spec.roomId);
    this.#timers = new Timers(world.clock);
    if (!backend.openRoom) throw new PatchbayError('incompatible_session', `${backend.kind} has no rooms`);
    this.media = backend.openRoom(
      {
        mediaId,
        audioCodec: options.audio_codec,
        videoCodec: options.video_codec,
        bitrateBps: options.bitrate * 1000,
        maxPublishers: options.max_publishers,
      },
      { stopped: (why) => void this.stop(why) },
    );
    this.#setIdle();
  }

  get ended(): boolean {
    return this.#ended;
  }
  get status(): Readonly<Record<string, RoomStatus>> {
    return this.#status;
  }
  /** Whom its events are for: who made it, and who is in it, or was to its end. */
  get users(): Set<string> {
    return new Set([this.spec.creator.userId, ...this.#lastUsers, ...this.members.users]);
  }
  /** Timers and jobs that it holds: none once it has ended. */
  get held(): { timers: number; jobs: number } {
    return { timers: this.#timers.size, jobs: this.#queue.length };
  }

  /**
   * Claims the room's record and makes it on its engine; later calls wait for the first.
   *
   * @throws PatchbayError room_already_exists; or what the engine refused, or the store threw
   */
  start(): Promise<void> {
    this.#starting ??= this.#queue.run(() => this.#establish());
    return this.#starting;
  }

  /** @throws PatchbayError room_not_found when it has ended; invalid_state when it is full */
  requirePlace(role: RoomRole): void {
    const { roomId, options } = this.spec;
    if (this.#ended) throw new PatchbayError('room_not_found', `room ${roomId} has just ended`);
    if (role === 'publisher' && this.members.publishers >= options.max_publishers) {
      throw new PatchbayError('invalid_state', `room ${roomId} has its ${options.max_publishers} publishers`);
    }
  }

  /** @throws as `requirePlace` */
  join(session: LiveSession, role: RoomRole, publisher: LiveSession | undefined): void {
    this.requirePlace(role);
    if (role === 'publisher') this.#timers.cancel('idle');
    this.members.add(session, role, publisher);
  }

  /** The session is ready: others hear of it. */
  memberStarted(session: LiveSession): void {
    this.#wasUsed = true;
    const member = this.members.start(session);
    if (member) this.#emit('started_member', member);
  }

  /** A listener hears another publisher: others hear of it. */
  moved(session: LiveSession, publisher: LiveSession): void {
    const { session_id, peer_id } = this.members.move(session, publisher) ?? {};
    if (session_id !== undefined && peer_id !== undefined) this.setStatus({ class: 'listening', session_id, peer_id });
  }

  /** The session is over; who listened to it is, too. */
  leave(session: LiveSession): void {
    const { was, seen } = this.members.remove(session);
    if (!was) return;
    if (seen) this.#emit('stopped_member', seen);
    for (const listener of this.members.listenersOf(session)) listener.hearing.publisherStopped(session);
    this.endIfUnused();
    if (this.members.publishers === 0 && !this.#ended) this.#setIdle();
  }

  /** A room that was made for a session that never came to life has nobody who would end it soon. */
  endIfUnused(): void {
    if (!this.spec.onDemand || this.#wasUsed || this.members.size > 0) return;
    void this.stop(new PatchbayError('no_room_members', 'its first publisher could not be started'));
  }

  /** @throws PatchbayError member_not_found */
  member(sessionId: string): LiveSession {
    const session = this.members.find(sessionId);
    if (!session) {
      throw new PatchbayError('member_not_found', `session ${sessionId} is not in room ${this.spec.roomId}`);
    }
    return session;
  }

  /** Nothing follows `destroyed`. */
  setStatus(status: RoomStatus): void {
    if (this.#ended) return;
    this.#status[status.class] = status;
    this.#emit('status', status);
  }

  /** Ends the room and the sessions in it, once. */
  stop(why: PatchbayError): Promise<void> {
    return this.#queue.run(() => this.#end(why));
  }

  async #establish(): Promise<void> {
    const [claimed, made] = await Promise.all([settle(this.#claim()), settle(this.media.make())]);
    if (claimed.value && !made.error) {
      this.#renewLater();
      this.#tell('created', roomBody(this));
      const before = this.#heldBack ?? [];
      this.#heldBack = undefined;
      for (const tell of before) tell();
      return;
    }
    const why =
      claimed.value === false
        ? new PatchbayError('room_already_exists', `a room ${this.spec.roomId} exists`)
        : (claimed.error ?? made.error);
    // A publisher that did not wait for the room is in it already.
    await this.#stopMembers(asPatchbayError(why));
    await this.#close(asPatchbayError(why), claimed.value === true);
    throw why;
  }

  #claim(): Promise<boolean> {
    return this.#world.claim(roomRecord(this), Math.ceil(this.#world.clock.nowMs() / 1000) + recordLifeSeconds);
  }

  #renewLater(): void {
    this.#timers.set('record', renewMs, () => {
      this.#renewLater();
      void this.#queue.run(() => this.#renew());
    });
  }

  /** A record that is another node's by now ends the room: the id is that one's. */
  async #renew(): Promise<void> {
    if (this.#ended) return;
    const { value: isHeld, error } = await settle(this.#claim());
    if (error) this.#world.log.error({ err: error, room_id: this.spec.roomId }, 'room record not renewed');
    else if (!isHeld) await this.#end(new PatchbayError('node_lost', 'another node has a room of this id'));
  }

  async #end(why: PatchbayError): Promise<void> {
    if (this.#ended) return;
    const duration = Math.round((this.#world.clock.nowMs() - this.createdAtMs) / 1000);
    await this.#stopMembers(memberError(why, this.spec.roomId));
    this.#emit('destroyed', { ...why.toBody(), duration });
    const { roomId, mediaId } = this.spec;
    this.#world.log.info({ room_id: roomId, media_id: mediaId, reason: why.reason, duration }, 'room ended');
    await this.#close(why, true);
  }

  /** From now on nobody joins. */
  async #stopMembers(why: PatchbayError): Promise<void> {
    this.#ended = true;
    this.#lastUsers = this.members.users;
    await Promise.all(this.members.sessions.map((session) => session.stop(why)));
  }

  async #close(why: PatchbayError, claimed: boolean): Promise<void> {
    this.#timers.clear();
    await this.media.close();
    if (claimed) await this.#release();
    this.#world.ended(this, why);
  }

  async #release(): Promise<void> {
    const { error } = await settle(this.#world.release(roomRecord(this)));
    if (error) this.#world.log.error({ err: error, room_id: this.spec.roomId }, 'room record not released');
  }

  #setIdle(): void {
    const { timeout } = this.spec.options;
    this.#timers.set('idle', timeout * 1000, () => {
      void this.stop(new PatchbayError('no_room_members', `no publishers for ${timeout} s`));
    });
  }

  #emit<T extends RoomEventType>(type: T, body: RoomEventBodies[T]): void {
    if (this.#heldBack) this.#heldBack.push(() => this.#tell(type, body));
    else this.#tell(type, body);
  }

  #tell<T extends RoomEventType>(type: T, body: RoomEventBodies[T]): void {
    this.#world.publish(this, this.#log.append(type, { ...body }, this.#world.clock.nowMs()));
  }
}

/** What the members of a room that ends are told: an engine's own end as it is, anything else as the room's. */
const memberError = (why: PatchbayError, roomId: string): PatchbayError =>
  why.reason.startsWith('janus_') || why.reason.startsWith('fs_') || why.reason === 'node_lost'
    ? why
    : new PatchbayError('room_destroyed', `room ${roomId} was destroyed`);
