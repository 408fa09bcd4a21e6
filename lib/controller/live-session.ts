import type { MediaSink } from '../backends/backend.ts';
import { type Caller, sessionNotFound } from '../domain/access.ts';
import { next, type SessionState } from '../domain/session-state.ts';
import type { Candidate } from '../protocol/candidate.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Applied, Description, MediaChange, MediaState } from '../protocol/session.ts';
import { Negotiation } from './negotiation.ts';
import { Ownership } from './ownership.ts';
import { SerialQueue } from './serial-queue.ts';
import { type Made, SessionMedia } from './session-media.ts';
import type { SessionSpec, SessionWorld } from './session-spec.ts';
import { createdBody, sessionRecord } from './session-view.ts';
import { SessionVoice } from './session-voice.ts';
import { asPatchbayError, type Settled, settle } from './settle.ts';
import { Timers } from './timers.ts';

/** The record outlives the session's own timers by so much, then DynamoDB collects it. */
const recordGraceSeconds = 3600;

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
  readonly #world: SessionWorld;
  readonly #media: SessionMedia;
  readonly #queue = new SerialQueue();
  /** The record's writes: one that is tried again must not overwrite a newer one. */
  readonly #writes = new SerialQueue();
  readonly #timers: Timers<'wait' | 'ready' | 'owner'>;
  #state: SessionState = 'wait';
  #readyAtMs: number | undefined;
  #peer: LiveSession | undefined;

  /** @throws PatchbayError no_mediaserver, not_implemented */
  constructor(spec: SessionSpec, world: SessionWorld) {
    const { data, creator } = spec;
    this.spec = spec;
    this.#peer = spec.master;
    this.#world = world;
    this.createdAtMs = world.clock.nowMs();
    this.#timers = new Timers(world.clock);
    this.voice = new SessionVoice(spec.sessionId, data.event_body, world.clock, (event) => world.publish(this, event));
    this.#media = new SessionMedia(spec.backend, spec.mediaId, data, this.#sink());
    this.ownership = new Ownership(creator);
    this.negotiation = this.#negotiation();
    if (data.subscribe) this.voice.subscribers.set(creator.connectionId, creator);
  }

  get state(): SessionState {
    return this.#state;
  }
  get seq(): number {
    return this.voice.seq;
  }
  get readyAtMs(): number | undefined {
    return this.#readyAtMs;
  }
  get mediaState(): MediaState {
    return this.#media.state;
  }
  /** The other session of a pair, while both live. */
  get peer(): LiveSession | undefined {
    return this.#peer;
  }
  /** Timers and waiters that it holds: none once it has ended. */
  get held(): { timers: number; waiters: number; jobs: number } {
    return {
      timers: this.#timers.size + this.negotiation.timers,
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
      if (this.negotiation.answer.state === 'empty') this.#media.requireClientAnswer();
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
    return this.#run(() => this.#media.update(change, this.#state === 'ready'));
  }

  sendInfo(info: string, data: Record<string, unknown>): Promise<void> {
    return this.#run(async () => this.voice.emit('info', { info, data }));
  }

  /**
   * `caller` takes the session over: it is the owner now, gets what it missed after event number `since`, and then
   * everything that follows.
   *
   * @returns the token for the next one, the number of the newest event, and the connection that owned it before
   * @throws PatchbayError session_not_found, unauthorized
   */
  attach(
    caller: Caller,
    token: string | undefined,
    since: number | undefined,
  ): Promise<{ token: string; seq: number; before: string }> {
    return this.#run(async () => {
      this.ownership.requireTakeover(caller, token);
      const { isGone: wasGone, connectionId: before } = this.ownership;
      if (!wasGone && before !== caller.connectionId) this.voice.setStatus({ class: 'owner', status: 'taken' });
      this.voice.subscribers.delete(before);
      this.ownership.takeOver(caller);
      this.#timers.cancel('owner');
      if (since !== undefined) for (const event of this.voice.since(since)) this.#world.replay(caller, event);
      this.voice.subscribers.set(caller.connectionId, caller);
      if (wasGone) this.voice.setStatus({ class: 'owner', status: 'connected' });
      this.#write();
      return { token: this.ownership.newToken(), seq: this.seq, before };
    });
  }

  /** A connection is gone. If it was the owner's, the session waits for another one of the owner's, then stops. */
  connectionGone(connectionId: string): void {
    this.voice.subscribers.delete(connectionId);
    if (connectionId !== this.ownership.connectionId || this.#state === 'destroyed' || this.ownership.isGone) return;
    this.ownership.setGone();
    const { reconnect_timeout } = this.spec.data;
    this.#timers.set('owner', reconnect_timeout * 1000, () => {
      void this.stop(
        new PatchbayError('registered_down', `the owner's connection was gone for ${reconnect_timeout} s`),
      );
    });
    this.later(async () => {
      if (this.ownership.isGone) this.voice.setStatus({ class: 'owner', status: 'gone' });
    });
  }

  /** Ends the session, once; later calls find it over and do nothing. */
  stop(why: PatchbayError): Promise<void> {
    return this.#queue.run(() => this.#end(why));
  }

  /** Becomes the peer of the session that has this one as its master. */
  pairWith(slave: LiveSession): void {
    this.#peer = slave;
    this.negotiation.passAgain();
  }

  async #establish(accepted: () => void, refused: (error: unknown) => void): Promise<void> {
    const { data, master } = this.spec;
    const negotiating = this.#media.start();
    try {
      await this.#claim();
    } catch (error) {
      await negotiating;
      this.#state = 'destroyed';
      this.#timers.clear();
      this.negotiation.end(asPatchbayError(error));
      // A slave that never was leaves no trace; a master takes its slave with it.
      if (master?.peer === this) master.#peer = undefined;
      else this.#leavePeer();
      await this.#media.close();
      this.#world.ended(this, asPatchbayError(error));
      refused(error);
      return;
    }
    this.voice.emit('created', createdBody(this));
    this.#timers.set('wait', data.wait_timeout * 1000, () => {
      void this.stop(
        new PatchbayError('session_timeout', `no offer and answer in wait_timeout, ${data.wait_timeout} s`),
      );
    });
    if (data.offer) await this.negotiation.giveOffer(data.offer);
    accepted();
    // The queue is free while the engine makes up its mind: the session may end in the meantime.
    void negotiating.then((made) => this.later(() => this.#takeUp(made)));
    if (master) this.#askForOffer(master);
  }

  async #takeUp(made: Settled<Made>): Promise<void> {
    if (made.error) throw made.error;
    if (made.value?.answer) await this.negotiation.giveEngineAnswer(made.value.answer);
    if (made.value?.offer) await this.negotiation.giveOffer(made.value.offer);
    this.voice.releaseHeldBack();
  }

  /** A slave's offer is its master's, now or as soon as it is complete. */
  #askForOffer(master: LiveSession): void {
    master.later(async () => {
      const offer = master.negotiation.offer.known.value;
      if (offer) this.later(() => this.negotiation.giveOffer(offer));
    });
  }

  async #claim(): Promise<void> {
    const { wait_timeout, ready_timeout } = this.spec.data;
    const expiresAtMs = this.createdAtMs + (wait_timeout + ready_timeout + recordGraceSeconds) * 1000;
    if (!(await this.#world.claim(sessionRecord(this), Math.ceil(expiresAtMs / 1000)))) {
      throw new PatchbayError('duplicated_session_id', `a session ${this.spec.sessionId} is alive`);
    }
  }

  #ready(): void {
    const state = next(this.#state, 'connect');
    if (!state) return;
    this.#state = state;
    this.#readyAtMs = this.#world.clock.nowMs();
    const { ready_timeout } = this.spec.data;
    this.#timers.cancel('wait');
    this.#timers.set('ready', ready_timeout * 1000, () => {
      void this.stop(new PatchbayError('session_timeout', `ready_timeout, ${ready_timeout} s, is over`));
    });
    this.#write();
    this.later(async () => {
      const { error } = await settle(this.#media.applyRemembered());
      if (error) this.#world.log.warn({ err: error, ...this.#logFields() }, 'remembered media change refused');
    });
  }

  /** Brings the record up to date, beside everything else. Where it is another's by now, this session ends silently. */
  #write(): void {
    const write = async () => this.#state === 'destroyed' || this.#world.update(sessionRecord(this));
    this.#writes.run(write).then(
      (held) => {
        if (!held) void this.#queue.run(() => this.#end(new PatchbayError('session_stop'), 'silently'));
      },
      (error: unknown) => this.#world.log.error({ err: error, ...this.#logFields() }, 'session record not written'),
    );
  }

  async #end(why: PatchbayError, how: 'silently' | 'aloud' = 'aloud'): Promise<void> {
    const state = next(this.#state, 'stop');
    if (!state) return;
    this.#state = state;
    this.#timers.clear();
    this.negotiation.end(why);
    const duration = Math.round((this.#world.clock.nowMs() - this.createdAtMs) / 1000);
    if (how === 'aloud') {
      this.voice.releaseHeldBack();
      this.voice.emit('destroyed', { ...why.toBody(), duration });
    }
    this.#world.log.info({ ...this.#logFields(), reason: why.reason, duration, engine: why.engine }, 'session ended');
    this.#leavePeer();
    await this.#media.close();
    if (how === 'aloud') {
      await this.#world.release(sessionRecord(this)).catch((error: unknown) => {
        this.#world.log.error({ err: error, ...this.#logFields() }, 'session record not released');
      });
    }
    this.voice.subscribers.clear();
    this.#world.ended(this, why);
  }

  /** The peer stops too, or stays alone: as its own `stop_after_peer` says. */
  #leavePeer(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.later(async () => {
      if (peer.#peer !== this) return;
      peer.#peer = undefined;
      if (peer.spec.data.stop_after_peer) {
        await peer.#end(new PatchbayError('peer_stopped', `its peer ${this.spec.sessionId} stopped`));
      }
    });
  }

  /** Runs a job in this session's queue, if the session still lives then. A failure ends the session. */
  later(job: () => Promise<void>): void {
    void this.#queue.run(async () => {
      if (this.#state === 'destroyed') return;
      const { error } = await settle(job());
      if (error) await this.#end(asPatchbayError(error));
    });
  }

  /** Runs a command in this session's queue. @throws PatchbayError session_not_found */
  #run<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      if (this.#state === 'destroyed') throw sessionNotFound(this.spec.sessionId);
      return job();
    });
  }

  #negotiation(): Negotiation {
    return new Negotiation({
      clock: this.#world.clock,
      data: this.spec.data,
      media: this.#media.engine,
      emit: (type, body) => this.voice.emit(type, body),
      later: (job) => this.later(job),
      hasPeer: () => this.#peer !== undefined,
      toPeer: (job) => {
        const peer = this.#peer;
        peer?.later(() => job(peer.negotiation));
        return peer !== undefined;
      },
      settled: () => this.#ready(),
      failed: (why) => void this.stop(why),
    });
  }

  #sink(): MediaSink {
    return {
      status: (status) => this.later(async () => this.voice.setEngineStatus(status)),
      stopped: (why) => void this.stop(why),
    };
  }

  #logFields() {
    const { sessionId, mediaId, creator, data } = this.spec;
    return { session_id: sessionId, media_id: mediaId, tenant: creator.tenant, type: data.type };
  }
}
