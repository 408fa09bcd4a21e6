import type { Caller } from '../../domain/access.ts';
import type { Clock } from '../../domain/clock.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { PatchbayEvent } from '../../protocol/events.ts';
import { Timers } from '../timers.ts';
import type { Ownership } from './ownership.ts';
import type { SessionVoice } from './voice.ts';

/** What is needed to see whether a session's owner is there. */
export interface AttendanceHost {
  readonly clock: Clock;
  readonly ownership: Ownership;
  readonly voice: SessionVoice;
  readonly reconnectTimeoutSeconds: number;
  /** Only for one connection: what it missed. */
  replay(connection: Caller, event: PatchbayEvent): void;
  /** Runs `job` in the session's queue, if the session still lives then. */
  later(job: () => Promise<void>): void;
  /** The owner is another one, or another connection. */
  changed(): void;
  stop(why: PatchbayError): void;
}

/** Whether a session's owner is there: it goes with its connection, and comes back by `attach`. */
export class Attendance {
  readonly #host: AttendanceHost;
  readonly #timers: Timers<'owner'>;

  constructor(host: AttendanceHost) {
    this.#host = host;
    this.#timers = new Timers(host.clock);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** The session is over. */
  end(): void {
    this.#timers.clear();
  }

  /**
   * `caller` takes the session over: it is the owner now, gets what it missed after event number `since`, and then
   * everything that follows.
   *
   * @returns the token for the next one, the number of the newest event, and the connection that owned it before
   * @throws PatchbayError unauthorized
   */
  attach(
    caller: Caller,
    token: string | undefined,
    since: number | undefined,
  ): { token: string; seq: number; before: string } {
    const { ownership, voice, replay, changed } = this.#host;
    ownership.requireTakeover(caller, token);
    const { isGone: wasGone, connectionId: before } = ownership;
    if (!wasGone && before !== caller.connectionId) voice.setStatus({ class: 'owner', status: 'taken' });
    voice.subscribers.delete(before);
    ownership.takeOver(caller);
    this.#timers.cancel('owner');
    if (since !== undefined) for (const event of voice.since(since)) replay(caller, event);
    voice.subscribers.set(caller.connectionId, caller);
    if (wasGone) voice.setStatus({ class: 'owner', status: 'connected' });
    changed();
    return { token: ownership.newToken(), seq: voice.seq, before };
  }

  /** A connection is gone. If it was the owner's, the session waits for another one of the owner's, then stops. */
  connectionGone(connectionId: string): void {
    const { ownership, voice, reconnectTimeoutSeconds, later, stop } = this.#host;
    voice.subscribers.delete(connectionId);
    if (connectionId !== ownership.connectionId || ownership.isGone) return;
    ownership.setGone();
    this.#timers.set('owner', reconnectTimeoutSeconds * 1000, () => {
      stop(new PatchbayError('registered_down', `the owner's connection was gone for ${reconnectTimeoutSeconds} s`));
    });
    later(async () => {
      if (ownership.isGone) voice.setStatus({ class: 'owner', status: 'gone' });
    });
  }
}
