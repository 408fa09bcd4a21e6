import type { Caller } from '../../domain/access.ts';
import type { Clock } from '../../domain/clock.ts';
import type { PatchbayEvent, SessionEventBodies, SessionEventType, SessionStatus } from '../../protocol/events.ts';
import { EventLog } from '../event-log.ts';

/** What a session tells: its numbered events, and the last status of each class. */
export class SessionVoice {
  /** The connections that get this session's events because it is theirs, and who they are. */
  readonly subscribers = new Map<string, Caller>();
  readonly #clock: Clock;
  readonly #eventBody: Record<string, unknown>;
  readonly #publish: (event: PatchbayEvent) => void;
  readonly #log: EventLog;
  readonly #status: Partial<Record<SessionStatus['class'], SessionStatus>> = {};
  /** What the engine told before its answer or offer was taken up; undefined once that is done. */
  #heldBack: SessionStatus[] | undefined = [];

  #over = false;

  /** @param eventBody the client's own fields for each event */
  constructor(
    sessionId: string,
    eventBody: Record<string, unknown>,
    clock: Clock,
    publish: (event: PatchbayEvent) => void,
  ) {
    this.#clock = clock;
    this.#eventBody = eventBody;
    this.#publish = publish;
    this.#log = new EventLog('session', sessionId);
  }

  /** The number of the newest event. */
  get seq(): number {
    return this.#log.seq;
  }
  get status(): Readonly<Record<string, SessionStatus>> {
    return this.#status;
  }

  emit<T extends SessionEventType>(type: T, body: SessionEventBodies[T]): void {
    if (type === 'destroyed') this.#over = true;
    this.#publish(this.#log.append(type, { ...this.#eventBody, ...body }, this.#clock.nowMs()));
  }

  /** Nothing follows `destroyed`. */
  setStatus(status: SessionStatus): void {
    if (this.#over) return;
    this.#status[status.class] = status;
    this.emit('status', status);
  }

  /** No status is told any more: another node or attempt speaks for the session now. */
  silence(): void {
    this.#over = true;
  }

  /** What the engine tells waits for its answer: it never overtakes the answer that it belongs to. */
  setEngineStatus(status: SessionStatus): void {
    if (this.#heldBack) this.#heldBack.push(status);
    else this.setStatus(status);
  }

  /** The engine's answer or offer is told, or never will be. */
  releaseHeldBack(): void {
    const statuses = this.#heldBack ?? [];
    this.#heldBack = undefined;
    for (const status of statuses) this.setStatus(status);
  }

  /** The kept events after number `seq`, oldest first. */
  since(seq: number): PatchbayEvent[] {
    return this.#log.since(seq);
  }
}
