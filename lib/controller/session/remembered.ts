import { settle } from '../settle.ts';
import type { LiveSession } from './live-session.ts';

/** What was asked for in `wait`, and takes effect once the session is ready. In its queue. */
export class Remembered {
  readonly #session: LiveSession;
  #isDone = false;

  constructor(session: LiveSession) {
    this.#session = session;
  }

  /** Once. One thing that is refused now keeps nothing else from taking effect. */
  async apply(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    const { media, hearing, recordings } = this.#session;
    const steps = [() => media.applyRemembered(), () => hearing.applyRemembered(), () => recordings.ready()];
    for (const step of steps) {
      const { error } = await settle(step());
      if (error) this.#session.refused(error, 'what was asked for in wait');
    }
  }
}
