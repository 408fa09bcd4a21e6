import { PatchbayError } from '../../protocol/errors.ts';
import type { LiveSession } from './live-session.ts';
import { typeFields } from './view.ts';

/** Whom a `listen` session hears. All of it runs in the session's queue. */
export class Hearing {
  readonly #session: LiveSession;
  #publisher: LiveSession | undefined;
  /** The publisher to hear once the session is ready. */
  #next: LiveSession | undefined;

  constructor(session: LiveSession, publisher: LiveSession | undefined) {
    this.#session = session;
    this.#publisher = publisher;
  }

  get publisher(): LiveSession | undefined {
    return this.#publisher;
  }

  /** Remembers whom to hear when the session is ready. */
  wish(publisher: LiveSession): void {
    this.#next = publisher;
  }

  /** The session is ready. @throws as `change` */
  async applyRemembered(): Promise<void> {
    if (this.#next) await this.change(this.#next);
  }

  /** @throws PatchbayError invalid_state while an offer waits for its answer; invalid_publisher; what the engine refused */
  async change(publisher: LiveSession): Promise<void> {
    if (publisher === this.#publisher) return;
    requireLive(publisher);
    const { room, negotiation, media, voice, recordings } = this.#session;
    negotiation.requireSettled();
    const offer = await media.engine.changePublisher?.(publisher.media.engine);
    this.#publisher = publisher;
    room?.moved(this.#session, publisher);
    voice.emit('type', { type: this.#session.type, ...typeFields(this.#session) });
    await recordings.moved();
    if (offer) await negotiation.offerAnew(offer);
    if (publisher.state === 'destroyed') this.publisherStopped(publisher);
  }

  /** A publisher has ended: who still listens to it ends, too. */
  publisherStopped(publisher: LiveSession): void {
    this.#session.later(async () => {
      if (this.#publisher !== publisher) return;
      throw new PatchbayError('publisher_stop', `its publisher ${publisher.spec.sessionId} stopped`);
    });
  }
}

function requireLive({ state, spec }: LiveSession): void {
  if (state !== 'destroyed') return;
  throw new PatchbayError('invalid_publisher', `session ${spec.sessionId} has just ended`);
}
