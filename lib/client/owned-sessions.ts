import type { Connection } from './connection.ts';

/** A session that this client made or took over, and takes along to its next connection. */
export interface OwnedSession {
  readonly sessionId: string;
  /** New at each attach. */
  resumeToken: string;
  /** The connection that owns it now, as far as the server said so. */
  home: Connection;
  /** Its events are wanted: false after `create {subscribe: false}` or `unsubscribe`. */
  isHeard: boolean;
}

export class OwnedSessions {
  readonly #sessions = new Map<string, OwnedSession>();

  get(sessionId: string): OwnedSession | undefined {
    return this.#sessions.get(sessionId);
  }

  all(): OwnedSession[] {
    return [...this.#sessions.values()];
  }

  /** Those that another connection than this one owns. */
  awayFrom(connection: Connection): OwnedSession[] {
    return this.all().filter(({ home }) => home !== connection);
  }

  put(sessionId: string, resumeToken: string, home: Connection, isHeard?: boolean): OwnedSession {
    const known = this.#sessions.get(sessionId);
    if (known) {
      known.resumeToken = resumeToken;
      known.home = home;
      known.isHeard = isHeard ?? known.isHeard;
      return known;
    }
    const session: OwnedSession = { sessionId, resumeToken, home, isHeard: isHeard ?? true };
    this.#sessions.set(sessionId, session);
    return session;
  }

  delete(sessionId: string): boolean {
    return this.#sessions.delete(sessionId);
  }
}
