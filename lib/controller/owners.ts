import type { LiveSession } from './session/live-session.ts';

/** A connection lives for 2 h at most; after that a lost `$disconnect` is of no interest. */
const forgetAfterMs = 3 * 3_600_000;

interface OwnerEntry {
  readonly sessions: Set<LiveSession>;
  readonly seenAtMs: number;
  /** Whether the connection's record names this node: false when the connection is gone already. Undefined: not told yet. */
  registered: Promise<boolean> | undefined;
}

/** Which connection owns which sessions of this node. */
export class Owners {
  readonly #entries = new Map<string, OwnerEntry>();
  readonly #register: (connectionId: string) => Promise<boolean>;

  /** @param register notes in a connection's record that it owns something here: once for each connection */
  constructor(register: (connectionId: string) => Promise<boolean>) {
    this.#register = register;
  }

  /** False when the connection is gone: whoever asked must treat the session as deserted. */
  add(connectionId: string, session: LiveSession, nowMs: number): Promise<boolean> {
    let entry = this.#entries.get(connectionId);
    if (!entry) {
      entry = { sessions: new Set(), seenAtMs: nowMs, registered: undefined };
      this.#entries.set(connectionId, entry);
    }
    entry.sessions.add(session);
    entry.registered ??= this.#registered(connectionId, entry);
    return entry.registered;
  }

  /** One that failed is tried again with the next session; what the connection owns stays known. */
  #registered(connectionId: string, entry: OwnerEntry): Promise<boolean> {
    return this.#register(connectionId).catch((error: unknown) => {
      entry.registered = undefined;
      throw error;
    });
  }

  remove(connectionId: string, session: LiveSession): void {
    this.#entries.get(connectionId)?.sessions.delete(session);
  }

  of(connectionId: string): LiveSession[] {
    return [...(this.#entries.get(connectionId)?.sessions ?? [])];
  }

  /** The connection is gone: what it owned. A second call gives nothing. */
  take(connectionId: string): LiveSession[] {
    const sessions = this.of(connectionId);
    this.#entries.delete(connectionId);
    return sessions;
  }

  /** Drops the entries of connections whose end was never told and that own nothing. */
  sweep(nowMs: number): void {
    for (const [connectionId, entry] of this.#entries) {
      if (entry.sessions.size === 0 && nowMs - entry.seenAtMs > forgetAfterMs) this.#entries.delete(connectionId);
    }
  }
}
