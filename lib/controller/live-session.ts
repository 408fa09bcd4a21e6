import type { Backend, MediaSession, MediaSink } from '../backends/backend.ts';
import type { Caller } from '../domain/access.ts';
import type { Role } from '../domain/capabilities.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { next, type SessionState } from '../domain/session-state.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent, SessionEventBodies, SessionEventType, SessionStatus } from '../protocol/events.ts';
import type { Applied, CreateData, Description, MediaChange, MediaState } from '../protocol/session.ts';
import type { SessionRecord } from '../store/sessions.ts';
import { EventLog } from './event-log.ts';
import { SerialQueue } from './serial-queue.ts';
import { createdBody, sessionRecord } from './session-view.ts';
import { asPatchbayError, settle } from './settle.ts';
import { Timers } from './timers.ts';
import { Waiter } from './waiter.ts';

/** What a session is made of; none of it changes. */
export interface SessionSpec {
  readonly sessionId: string;
  readonly mediaId: string;
  readonly nodeId: string;
  readonly attempt: number;
  readonly owner: Caller;
  readonly role: Role;
  readonly data: CreateData;
  readonly backend: Backend;
  /** SHA-256 of the token by which another connection may take the session over. */
  readonly resumeTokenHash: string;
}

/** What a live session needs of the world around it. */
export interface SessionWorld {
  readonly clock: Clock;
  readonly log: Log;
  /** Puts the session's record: false when a session with this id is alive. */
  claim(record: SessionRecord, expiresAtSeconds: number): Promise<boolean>;
  /** False when the record is another's now. */
  setReady(record: SessionRecord): Promise<boolean>;
  release(record: SessionRecord): Promise<void>;
  publish(connectionId: string, event: PatchbayEvent, batch: boolean): void;
  /** The session is over and holds nothing any more. */
  ended(session: LiveSession, why: PatchbayError): void;
}

/** The record outlives the session's own timers by so much, then DynamoDB collects it. */
const recordGraceSeconds = 3600;

/**
 * One session while it lives. Everything that changes it runs in its serial queue, one job after another; what may be
 * read at once (`info`, `answer`) does not wait for the queue.
 */
export class LiveSession {
  readonly spec: SessionSpec;
  readonly createdAtMs: number;
  readonly answer: Waiter<Description>;
  readonly #world: SessionWorld;
  readonly #media: MediaSession;
  readonly #queue = new SerialQueue();
  readonly #timers: Timers<'wait' | 'ready' | 'owner'>;
  readonly #events: EventLog;
  readonly #subscribers = new Map<string, { batch: boolean }>();
  readonly #status: Partial<Record<SessionStatus['class'], SessionStatus>> = {};
  #state: SessionState = 'wait';
  #readyAtMs: number | undefined;
  #mediaState: MediaState;

  /** @throws PatchbayError no_mediaserver, not_implemented */
  constructor(spec: SessionSpec, world: SessionWorld) {
    this.spec = spec;
    this.#world = world;
    this.createdAtMs = world.clock.nowMs();
    this.#timers = new Timers(world.clock);
    this.#events = new EventLog('session', spec.sessionId);
    this.answer = new Waiter(world.clock, 'answer');
    this.#mediaState = {
      mute_audio: spec.data.mute_audio ?? false,
      mute_video: spec.data.mute_video ?? false,
      mute_data: spec.data.mute_data ?? false,
      bitrate: spec.data.bitrate ?? 0,
    };
    this.#media = spec.backend.open(
      { mediaId: spec.mediaId, type: spec.data.type, media: this.#mediaState },
      this.#sink(),
    );
    if (spec.data.subscribe) this.#subscribers.set(spec.owner.connectionId, { batch: spec.owner.batch ?? false });
  }

  get state(): SessionState {
    return this.#state;
  }
  get seq(): number {
    return this.#events.seq;
  }
  get readyAtMs(): number | undefined {
    return this.#readyAtMs;
  }
  get mediaState(): MediaState {
    return this.#mediaState;
  }
  /** The last status of each class. */
  get status(): Readonly<Record<string, SessionStatus>> {
    return this.#status;
  }

  /**
   * Claims the session's record and, at the same time, starts its media. Resolves as soon as the session exists; what
   * becomes of the media is told by `answer` and events.
   *
   * @throws PatchbayError duplicated_session_id; or whatever the store threw
   */
  start(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      void this.#queue.run(() => this.#establish(resolve, reject));
    });
  }

  /** @throws PatchbayError what the engine refused, or why the session is over */
  updateMedia(change: MediaChange): Promise<Applied> {
    return this.#queue.run(async () => {
      this.#requireAlive();
      const applied = await this.#media.updateMedia(change);
      const took = Object.entries(change).filter(
        ([field, value]) => value !== undefined && Reflect.get(applied, field) !== false,
      );
      this.#mediaState = { ...this.#mediaState, ...Object.fromEntries(took) };
      return applied;
    });
  }

  /** Ends the session, once; later calls find it over and do nothing. */
  stop(why: PatchbayError): Promise<void> {
    return this.#queue.run(() => this.#end(why));
  }

  /** The owner's connection is gone: the session waits for another one of the owner's, then stops. */
  ownerGone(): void {
    if (this.#state === 'destroyed') return;
    this.#subscribers.delete(this.spec.owner.connectionId);
    this.#setStatus({ class: 'owner', status: 'gone' });
    const { reconnect_timeout } = this.spec.data;
    this.#timers.set('owner', reconnect_timeout * 1000, () => {
      void this.stop(
        new PatchbayError('registered_down', `the owner's connection was gone for ${reconnect_timeout} s`),
      );
    });
  }

  async #establish(accepted: () => void, refused: (error: unknown) => void): Promise<void> {
    const { offer } = this.spec.data;
    const answering = settle(offer ? this.#media.acceptOffer(offer) : Promise.resolve(undefined));
    try {
      await this.#claim();
    } catch (error) {
      await answering;
      this.#state = 'destroyed';
      await this.#media.close();
      this.#world.ended(this, asPatchbayError(error));
      refused(error);
      return;
    }
    this.#emit('created', createdBody(this));
    const { wait_timeout } = this.spec.data;
    this.#timers.set('wait', wait_timeout * 1000, () => {
      void this.stop(new PatchbayError('session_timeout', `no offer and answer in wait_timeout, ${wait_timeout} s`));
    });
    accepted();
    const answer = await answering;
    if (answer.error) await this.#end(asPatchbayError(answer.error));
    else if (answer.value) this.#setAnswer(answer.value);
  }

  async #claim(): Promise<void> {
    const { wait_timeout, ready_timeout } = this.spec.data;
    const expiresAtMs = this.createdAtMs + (wait_timeout + ready_timeout + recordGraceSeconds) * 1000;
    if (!(await this.#world.claim(sessionRecord(this), Math.ceil(expiresAtMs / 1000)))) {
      throw new PatchbayError('duplicated_session_id', `a session ${this.spec.sessionId} is alive`);
    }
  }

  #setAnswer(answer: Description): void {
    const state = next(this.#state, 'connect');
    if (!state) return;
    this.#state = state;
    this.#readyAtMs = this.#world.clock.nowMs();
    this.#emit('answer', { answer });
    const { ready_timeout } = this.spec.data;
    this.#timers.cancel('wait');
    this.#timers.set('ready', ready_timeout * 1000, () => {
      void this.stop(new PatchbayError('session_timeout', `ready_timeout, ${ready_timeout} s, is over`));
    });
    this.answer.set(answer);
    this.#world.setReady(sessionRecord(this)).then(
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
    this.answer.fail(why);
    const duration = Math.round((this.#world.clock.nowMs() - this.createdAtMs) / 1000);
    if (how === 'aloud') this.#emit('destroyed', { ...why.toBody(), duration });
    this.#world.log.info({ ...this.#logFields(), reason: why.reason, duration, engine: why.engine }, 'session ended');
    await this.#media.close();
    await this.#world.release(sessionRecord(this)).catch((error: unknown) => {
      this.#world.log.error({ err: error, ...this.#logFields() }, 'session record not released');
    });
    this.#subscribers.clear();
    this.#world.ended(this, why);
  }

  /** What the engine tells goes through the queue: it never overtakes the answer that it belongs to. */
  #sink(): MediaSink {
    return {
      status: (status) => {
        void this.#queue.run(async () => {
          if (this.#state !== 'destroyed') this.#setStatus(status);
        });
      },
      stopped: (why) => void this.stop(why),
    };
  }

  #setStatus(status: SessionStatus): void {
    this.#status[status.class] = status;
    this.#emit('status', status);
  }

  #emit<T extends SessionEventType>(type: T, body: SessionEventBodies[T]): void {
    const merged = { ...this.spec.data.event_body, ...body };
    const event = this.#events.append(type, merged, this.#world.clock.nowMs());
    for (const [connectionId, { batch }] of this.#subscribers) this.#world.publish(connectionId, event, batch);
  }

  #logFields() {
    const { sessionId, mediaId, owner, data } = this.spec;
    return { session_id: sessionId, media_id: mediaId, tenant: owner.tenant, type: data.type };
  }

  #requireAlive(): void {
    if (this.#state === 'destroyed') {
      throw new PatchbayError('session_not_found', `no session ${this.spec.sessionId}`);
    }
  }
}
