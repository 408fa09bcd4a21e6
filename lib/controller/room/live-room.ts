import type { MediaRoom } from '../../backends/backend.ts';
import { roomNotFound } from '../../domain/access.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { RoomEventBodies, RoomEventType, RoomStatus } from '../../protocol/events.ts';
import type { RoomRole } from '../../protocol/room.ts';
import { EventLog } from '../event-log.ts';
import { SerialQueue } from '../serial-queue.ts';
import type { LiveSession } from '../session/live-session.ts';
import { SessionRecordings } from '../session/recordings.ts';
import { SharedRecorder } from '../session/shared-recorder.ts';
import { asPatchbayError, settle } from '../settle.ts';
import { Timers } from '../timers.ts';
import { memberNotFound, RoomMembers } from './members.ts';
import type { Seat } from './seat.ts';
import type { RoomSpec, RoomWorld } from './spec.ts';
import { roomBody, roomRecord } from './view.ts';

/** A room may live for as long as it is used: its record is put again every day, and collected 3 days after the last time. */
const recordLifeSeconds = 3 * 86_400;
const renewMs = 86_400_000;

/**
 * One room while it lives. Sessions join it when they are made or become of its type, and leave it when they end or become
 * of another. Without publishers, or of an `mcu` members, for `timeout` seconds it ends itself; one that was made by its
 * first member of an `mcu` ends with its last.
 */
export class LiveRoom {
  readonly spec: RoomSpec;
  readonly createdAtMs: number;
  readonly media: MediaRoom;
  readonly members = new RoomMembers();
  /** `mcu`: of the mix of all. */
  readonly #recordings: SessionRecordings;
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
  readonly #over = Promise.withResolvers<void>();
  #layout: string | undefined;
  /** For those who are about to join. */
  readonly #seats = new Set<Seat>();
  /** Nobody joins any more. */
  #ended = false;
  #isEnding = false;
  /** Its `destroyed` was told. */
  #isOver = false;
  #wasUsed = false;
  /** Somebody else has told its end. */
  #isSilent = false;

  /** @throws PatchbayError no_mediaserver, incompatible_session */
  constructor(spec: RoomSpec, world: RoomWorld) {
    const { backend, options, mediaId } = spec;
    this.spec = spec;
    this.#layout = spec.layout;
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
        ...(spec.profile !== undefined && { profile: spec.profile }),
        ...(spec.layout !== undefined && { layout: spec.layout }),
      },
      { stopped: (why) => void this.stop(why) },
    );
    this.#recordings = this.#recordingsOf();
    this.#setIdle();
  }

  get ended(): boolean {
    return this.#ended;
  }
  /** Resolves when it holds nothing any more: then its id is free. */
  get over(): Promise<void> {
    return this.#over.promise;
  }
  /** How its picture is arranged, as far as that was asked for. */
  get layout(): string | undefined {
    return this.#layout;
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

  /** Keeps a place for one who is about to join. */
  seat(): Seat {
    const seat = {
      room: this,
      giveBack: () => {
        if (this.#seats.delete(seat)) this.#endIfUnused();
      },
    };
    this.#seats.add(seat);
    this.#timers.cancel('idle');
    return seat;
  }

  /** @throws as `requirePlace` */
  join(session: LiveSession, role: RoomRole, publisher: LiveSession | undefined): void {
    this.requirePlace(role);
    if (role !== 'listener') this.#timers.cancel('idle');
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

  /** The session is over, or elsewhere; who listened to it is over, too. */
  leave(session: LiveSession): void {
    const { was, seen } = this.members.remove(session);
    if (!was) return;
    if (seen) this.#emit('stopped_member', seen);
    for (const listener of this.members.listenersOf(session)) listener.hearing.publisherStopped(session);
    this.#endIfUnused();
  }

  /**
   * Without those that it is there for, it ends in time. One that was made for its first member ends with its last; one that
   * was made for a publisher that never came to life has nobody who would end it soon. Who comes then finds the next room.
   */
  #endIfUnused(): void {
    if (this.#ended || this.#seats.size > 0 || this.members.carriers > 0) return;
    const { class: roomClass, onDemand } = this.spec;
    if (!onDemand || this.members.size > 0 || (roomClass === 'sfu' && this.#wasUsed)) {
      this.#setIdle();
      return;
    }
    this.#ended = true;
    const first = roomClass === 'sfu' ? 'publisher' : 'member';
    const why = this.#wasUsed ? 'its last member left' : `its first ${first} could not be started`;
    void this.stop(new PatchbayError('no_room_members', why));
  }

  /** @throws PatchbayError member_not_found */
  member(sessionId: string): LiveSession {
    const session = this.members.find(sessionId);
    if (!session) throw memberNotFound(sessionId, this.spec.roomId);
    return session;
  }

  /** @throws PatchbayError room_not_found; invalid_operation for an `sfu` room; invalid_value, naming the known ones */
  setLayout(name: string): Promise<void> {
    return this.#run(async () => {
      const { spec, media } = this;
      if (!media.setLayout) {
        throw new PatchbayError('invalid_operation', `room ${spec.roomId} is of class ${spec.class}: it has no layout`);
      }
      await media.setLayout(name);
      this.#layout = name;
      this.setStatus({ class: 'layout', layout: name });
    });
  }

  /** Of the mix of all. @throws PatchbayError room_not_found; as `SessionRecordings.start` */
  startRecording(): Promise<{ recording_id: string; uri: string }> {
    return this.#run(() => this.#recordings.start(true));
  }

  /** @throws PatchbayError room_not_found, no_active_recorder */
  stopRecording(): Promise<{ recording_id: string; uri: string; duration: number }> {
    return this.#run(() => this.#recordings.stop());
  }

  /** Nothing follows `destroyed`. */
  setStatus(status: RoomStatus): void {
    if (this.#isOver) return;
    this.#status[status.class] = status;
    this.#emit('status', status);
  }

  /** Ends the room and the sessions in it, once. */
  stop(why: PatchbayError): Promise<void> {
    return this.#queue.run(() => this.#end(why));
  }

  /** Ends it on a node that was given up: of the node and the reaper, who takes the record tells. */
  stopIfHeld(why: PatchbayError): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#isEnding) return;
      const { value: isHeld, error } = await settle(this.#world.giveUp(roomRecord(this)));
      if (error) this.#world.log.error({ err: error, room_id: this.spec.roomId }, 'room record not given up');
      this.#isSilent = isHeld !== true;
      await this.#end(why);
    });
  }

  /** Runs a command in this room's queue. @throws PatchbayError room_not_found */
  #run<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      if (this.#ended) throw roomNotFound(this.spec.roomId);
      return job();
    });
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
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#ended = true;
    const duration = Math.round((this.#world.clock.nowMs() - this.createdAtMs) / 1000);
    await this.#recordings.close();
    await this.#stopMembers(memberError(why, this.spec.roomId));
    this.#emit('destroyed', { ...why.toBody(), duration });
    this.#isOver = true;
    const { roomId, mediaId } = this.spec;
    this.#world.log.info({ room_id: roomId, media_id: mediaId, reason: why.reason, duration }, 'room ended');
    await this.#close(why, true);
  }

  /** From now on nobody joins. */
  async #stopMembers(why: PatchbayError): Promise<void> {
    this.#ended = true;
    this.#lastUsers = this.members.users;
    await Promise.all(this.members.sessions.map((session) => session.stopIn(this, why)));
  }

  async #close(why: PatchbayError, claimed: boolean): Promise<void> {
    this.#timers.clear();
    await this.media.close();
    if (claimed) await this.#release();
    this.#world.ended(this, why);
    this.#over.resolve();
  }

  async #release(): Promise<void> {
    const { error } = await settle(this.#world.release(roomRecord(this)));
    if (error) this.#world.log.error({ err: error, room_id: this.spec.roomId }, 'room record not released');
  }

  #recordingsOf(): SessionRecordings {
    const { clock, log, files } = this.#world;
    const recorder = this.media.recorder && new SharedRecorder(this.media.recorder, clock);
    const { roomId, class: roomClass, creator } = this.spec;
    return new SessionRecordings(
      {
        tenant: creator.tenant,
        of: { roomId },
        type: () => roomClass,
        clock,
        log,
        files,
        recorder: () => recorder,
        tell: (status) => {
          if (status.class === 'recording') this.setStatus(status);
        },
      },
      false,
    );
  }

  #setIdle(): void {
    const { timeout } = this.spec.options;
    this.#timers.set('idle', timeout * 1000, () => {
      const who = this.spec.class === 'sfu' ? 'publishers' : 'members';
      void this.stop(new PatchbayError('no_room_members', `no ${who} for ${timeout} s`));
    });
  }

  #emit<T extends RoomEventType>(type: T, body: RoomEventBodies[T]): void {
    if (this.#heldBack) this.#heldBack.push(() => this.#tell(type, body));
    else this.#tell(type, body);
  }

  #tell<T extends RoomEventType>(type: T, body: RoomEventBodies[T]): void {
    if (this.#isSilent) return;
    this.#world.publish(this, this.#log.append(type, { ...body }, this.#world.clock.nowMs()));
  }
}

/** What the members of a room that ends are told: an engine's own end as it is, anything else as the room's. */
const memberError = (why: PatchbayError, roomId: string): PatchbayError =>
  why.reason.startsWith('janus_') || why.reason.startsWith('fs_') || why.reason.startsWith('node_')
    ? why
    : new PatchbayError('room_destroyed', `room ${roomId} was destroyed`);
