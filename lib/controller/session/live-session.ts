import { type Caller, sessionNotFound } from '../../domain/access.ts';
import { next, type SessionState } from '../../domain/session-state.ts';
import type { Candidate } from '../../protocol/candidate.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, Description, MediaChange, SessionType } from '../../protocol/session.ts';
import type { LiveRoom } from '../room/live-room.ts';
import { memberNotFound } from '../room/members.ts';
import { SerialQueue } from '../serial-queue.ts';
import { asPatchbayError, type Settled, settle } from '../settle.ts';
import type { Attendance } from './attendance.ts';
import { Bridging } from './bridging.ts';
import { Deadlines } from './deadlines.ts';
import { Hearing } from './hearing.ts';
import { type Made, SessionMedia } from './media.ts';
import type { Negotiation } from './negotiation.ts';
import { Ownership } from './ownership.ts';
import { SessionPair } from './pair.ts';
import { attendanceOf, negotiationOf, type Parts, recordingsOf, recordOf, sinkOf } from './parts.ts';
import type { SessionRecordKeeper } from './record.ts';
import type { SessionRecordings } from './recordings.ts';
import { Remembered } from './remembered.ts';
import type { SessionSpec, SessionWorld } from './spec.ts';
import { createdBody } from './view.ts';
import { SessionVoice } from './voice.ts';
import { Whereabouts } from './whereabouts.ts';
import { Wishes } from './wishes.ts';

/**
 * One session while it lives. Everything that changes it runs in its serial queue, one job after another; what may be
 * read at once (`info`, waiting for offer or answer) does not wait for the queue.
 */
export class LiveSession {
  readonly spec: SessionSpec;
  readonly createdAtMs: number;
  readonly negotiation: Negotiation;
  readonly ownership: Ownership;
  readonly voice: SessionVoice;
  readonly media: SessionMedia;
  readonly pair: SessionPair;
  readonly recordings: SessionRecordings;
  readonly hearing: Hearing;
  readonly whereabouts: Whereabouts;
  readonly bridging = new Bridging(this);
  readonly wishes: Wishes;
  /** Whether it stops when whom it is connected with leaves. */
  stopAfterPeer: boolean;
  readonly #attendance: Attendance;
  readonly #world: SessionWorld;
  readonly #record: SessionRecordKeeper;
  readonly #remembered = new Remembered(this);
  readonly #queue = new SerialQueue();
  readonly #deadlines: Deadlines;
  #state: SessionState = 'wait';
  #readyAtMs: number | undefined;

  /** @throws PatchbayError no_mediaserver, incompatible_session; whatever its room refuses */
  constructor(spec: SessionSpec, world: SessionWorld) {
    const { data, creator, binding } = spec;
    this.spec = spec;
    this.stopAfterPeer = data.stop_after_peer;
    this.whereabouts = new Whereabouts(this, binding, () => this.#record.write());
    this.#world = world;
    this.createdAtMs = world.clock.nowMs();
    this.#deadlines = new Deadlines(world.clock, data, (why) => void this.stop(why));
    this.voice = new SessionVoice(spec.sessionId, data.event_body, world.clock, (event) => world.publish(this, event));
    const parts: Parts = {
      session: this,
      world,
      settled: () => this.#ready(),
      ownerChanged: () => this.#record.write(),
      recordLost: () => void this.#queue.run(() => this.#end(new PatchbayError('session_stop'), 'silently')),
    };
    this.media = new SessionMedia(spec, sinkOf(parts), world.clock);
    this.pair = new SessionPair(this, binding.master);
    this.ownership = new Ownership(creator);
    this.negotiation = negotiationOf(parts);
    this.hearing = new Hearing(this, binding.publisher);
    this.recordings = recordingsOf(parts);
    this.#attendance = attendanceOf(parts);
    this.#record = recordOf(parts);
    this.wishes = new Wishes(this, binding.wish);
    if (data.subscribe) this.voice.subscribers.set(creator.connectionId, creator);
    binding.room?.join(this, binding.roomRole ?? 'member', binding.publisher);
  }

  get state(): SessionState {
    return this.#state;
  }
  get type(): SessionType {
    return this.whereabouts.type;
  }
  /** The room that it is in now. */
  get room(): LiveRoom | undefined {
    return this.whereabouts.room;
  }
  get readyAtMs(): number | undefined {
    return this.#readyAtMs;
  }
  /** The other session of a pair, while both live. */
  get peer(): LiveSession | undefined {
    return this.pair.peer;
  }
  /** `listen`: whom it hears. */
  get publisher(): LiveSession | undefined {
    return this.hearing.publisher;
  }
  /** Timers and waiters that it holds: none once it has ended. */
  get held(): { timers: number; waiters: number; jobs: number } {
    return {
      timers: this.#deadlines.timers + this.negotiation.timers + this.#attendance.timers,
      waiters: this.negotiation.waiting,
      jobs: this.#queue.length,
    };
  }

  /**
   * Claims the session's record and, at the same time, starts its media. Resolves as soon as the session exists; what
   * becomes of the media is told by the negotiation and by events.
   *
   * @throws PatchbayError duplicated_session_id; or whatever the store threw
   */
  start(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      void this.#queue.run(() => this.#establish(resolve, reject));
    });
  }

  /** @throws PatchbayError offer_not_set, answer_already_set, invalid_operation; or what the engine refused */
  setAnswer(answer: Description): Promise<void> {
    return this.#run(async () => {
      if (this.negotiation.answer.state === 'empty') this.media.requireClientAnswer();
      await this.negotiation.giveAnswer(answer);
    });
  }

  addCandidates(candidates: readonly Candidate[]): Promise<void> {
    return this.#run(() => this.negotiation.addCandidates(candidates));
  }

  endCandidates(): Promise<void> {
    return this.#run(() => this.negotiation.endCandidates());
  }

  /**
   * In `wait` the change is remembered for when the session is ready: nothing is applied yet.
   *
   * @throws PatchbayError invalid_operation; or what the engine refused
   */
  updateMedia(change: MediaChange): Promise<Applied> {
    return this.#run(async () => this.media.update(change, await this.#takesEffect()));
  }

  /** A moderator of its room mutes or unmutes it. @throws PatchbayError member_not_found; as `updateMedia` */
  moderate(change: { audio?: boolean; video?: boolean }, room: LiveRoom): Promise<void> {
    return this.#run(async () => {
      if (this.room !== room) throw memberNotFound(this.spec.sessionId, room.spec.roomId);
      await this.media.moderate(change, await this.#takesEffect());
    });
  }

  /**
   * A `listen` session hears another publisher of its room; in `wait`, as soon as it is ready.
   *
   * @throws PatchbayError invalid_state while an offer waits for its answer; invalid_publisher; or what the engine refused
   */
  listenTo(publisher: LiveSession): Promise<void> {
    return this.#run(async () => {
      if (await this.#takesEffect()) await this.hearing.change(publisher);
      else this.hearing.wish(publisher);
    });
  }

  /** Lets its queue stand still while `job` runs. */
  hold<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(job);
  }

  /** What `proxy` offers its far side. @throws PatchbayError invalid_operation; or why there is none */
  async farOffer(): Promise<Description> {
    const { engine } = this.media;
    if (!engine.farOffer) {
      throw new PatchbayError('invalid_operation', `session ${this.spec.sessionId} is not the master of a proxy`);
    }
    return engine.farOffer();
  }

  /** In `wait` it begins when the session is ready. @throws as `SessionRecordings.start` */
  startRecording(): Promise<{ recording_id: string; uri: string }> {
    return this.#run(async () => this.recordings.start(await this.#takesEffect()));
  }

  /** @throws PatchbayError no_active_recorder */
  stopRecording(): Promise<{ recording_id: string; uri: string; duration: number }> {
    return this.#run(() => this.recordings.stop());
  }

  sendInfo(info: string, data: Record<string, unknown>): Promise<void> {
    return this.#run(async () => this.voice.emit('info', { info, data }));
  }

  /** `caller` takes the session over. @throws PatchbayError session_not_found; as `Attendance.attach` */
  attach(
    caller: Caller,
    token: string | undefined,
    since: number | undefined,
  ): Promise<{ token: string; seq: number; before: string }> {
    return this.#run(async () => this.#attendance.attach(caller, token, since));
  }

  /** A connection is gone, perhaps the owner's. */
  connectionGone(connectionId: string): void {
    if (this.#state !== 'destroyed') this.#attendance.connectionGone(connectionId);
  }

  /** Ends the session, once; later calls find it over and do nothing. */
  stop(why: PatchbayError): Promise<void> {
    return this.#queue.run(() => this.#end(why));
  }

  /** Ends it on a node that was given up: of the node and the reaper, who takes the record tells. */
  stopIfHeld(why: PatchbayError): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#state !== 'destroyed') await this.#end(why, (await this.#record.giveUp()) ? 'aloud' : 'silently');
    });
  }

  /** Ends it if it is still in that room then. */
  stopIn(room: LiveRoom, why: PatchbayError): Promise<void> {
    return this.#queue.run(async () => {
      if (this.room === room) await this.#end(why);
    });
  }

  /** Runs a job in this session's queue, if the session still lives then. A failure ends the session. */
  later(job: () => Promise<void>): void {
    void this.#queue.run(() => this.orEnd(job));
  }

  /** The same at once: in its queue, or while that is held. */
  async orEnd(job: () => Promise<void>): Promise<void> {
    if (this.#state === 'destroyed') return;
    const { error } = await settle(job());
    if (error) await this.#end(asPatchbayError(error));
  }

  /** What nobody waits for was refused. */
  refused(error: unknown, what: string): void {
    this.#world.log.warn({ err: error, ...this.#logFields() }, `${what} was refused`);
  }

  async #establish(accepted: () => void, refused: (error: unknown) => void): Promise<void> {
    const { data, binding } = this.spec;
    const { wait_timeout, ready_timeout } = data;
    const negotiating = this.media.start();
    try {
      await this.#record.claim(this.createdAtMs, wait_timeout + ready_timeout);
    } catch (error) {
      await negotiating;
      await this.#neverWas(asPatchbayError(error));
      refused(error);
      return;
    }
    this.voice.emit('created', createdBody(this));
    this.#deadlines.waits();
    if (data.offer) await this.negotiation.giveOffer(data.offer);
    accepted();
    // The queue is free while the engine makes up its mind: the session may end in the meantime.
    void negotiating.then((made) => this.later(() => this.#takeUp(made)));
    if (binding.master && !this.media.engine.makeOffer) this.pair.askForOffer();
  }

  /** Its record could not be put: nobody has heard of it. */
  async #neverWas(why: PatchbayError): Promise<void> {
    const { master } = this.spec.binding;
    this.#state = 'destroyed';
    this.#deadlines.end();
    this.#attendance.end();
    this.negotiation.end(why);
    this.wishes.end();
    if (master) master.pair.forget(this);
    else this.pair.leave();
    this.room?.leave(this);
    await this.media.close();
    this.#world.ended(this, why);
  }

  async #takeUp(made: Settled<Made>): Promise<void> {
    if (made.error) throw made.error;
    if (made.value?.answer) await this.negotiation.giveEngineAnswer(made.value.answer);
    if (made.value?.offer) await this.negotiation.giveOffer(made.value.offer);
    this.voice.releaseHeldBack();
  }

  #ready(): void {
    const state = next(this.#state, 'connect');
    if (!state) return;
    this.#state = state;
    this.#readyAtMs = this.#world.clock.nowMs();
    this.#deadlines.isReady();
    this.#record.write();
    this.room?.memberStarted(this);
    this.later(() => this.#remembered.apply());
    // Not in this queue: a change of type holds the queues of all that it touches.
    this.wishes.ready();
  }

  /** Whether what is asked for takes effect now: then what was asked for before, in `wait`, already has. */
  async #takesEffect(): Promise<boolean> {
    if (this.#state !== 'ready') return false;
    await this.#remembered.apply();
    return true;
  }

  async #end(why: PatchbayError, how: 'silently' | 'aloud' = 'aloud'): Promise<void> {
    const state = next(this.#state, 'stop');
    if (!state) return;
    this.#state = state;
    this.#deadlines.end();
    this.#attendance.end();
    this.negotiation.end(why);
    if (how === 'silently') this.voice.silence();
    // All files that anybody makes of its media, then those of its own recordings, are complete before the end is told.
    await this.media.recorder?.close();
    await this.recordings.close();
    const duration = Math.round((this.#world.clock.nowMs() - this.createdAtMs) / 1000);
    if (how === 'aloud') {
      this.voice.releaseHeldBack();
      this.voice.emit('destroyed', { ...why.toBody(), duration });
    }
    this.#world.log.info({ ...this.#logFields(), reason: why.reason, duration, engine: why.engine }, 'session ended');
    this.pair.leave();
    this.wishes.end();
    this.room?.leave(this);
    await this.media.close();
    // Only now: an engine that moved its peer while it is ended would do two things to one bridge at once.
    this.bridging.leave();
    if (how === 'aloud') await this.#record.release();
    this.voice.subscribers.clear();
    this.#world.ended(this, why);
  }

  /** Runs a command in this session's queue. @throws PatchbayError session_not_found */
  #run<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      if (this.#state === 'destroyed') throw sessionNotFound(this.spec.sessionId);
      return job();
    });
  }

  #logFields() {
    const { sessionId, mediaId, creator } = this.spec;
    return { session_id: sessionId, media_id: mediaId, tenant: creator.tenant, type: this.type };
  }
}
