import { PatchbayError } from '../../protocol/errors.ts';
import type { RoomMember, RoomRole } from '../../protocol/room.ts';
import type { LiveSession } from '../session/live-session.ts';

interface Entry {
  readonly role: RoomRole;
  /** For a listener, whom it hears. */
  publisher: LiveSession | undefined;
  /** Others know of it: it has its offer and answer. */
  started: boolean;
}

/** The sessions in a room. They count from the moment on that they are made, and are seen once they are ready. */
export class RoomMembers {
  readonly #entries = new Map<LiveSession, Entry>();

  get sessions(): LiveSession[] {
    return [...this.#entries.keys()];
  }

  /** Whose they are. */
  get users(): string[] {
    return this.sessions.map(({ ownership }) => ownership.userId);
  }

  get size(): number {
    return this.#entries.size;
  }

  get publishers(): number {
    return [...this.#entries.values()].filter(({ role }) => role === 'publisher').length;
  }

  /** Those that a room is there for: publishers of an `sfu`, all members of an `mcu`. */
  get carriers(): number {
    return [...this.#entries.values()].filter(({ role }) => role !== 'listener').length;
  }

  /** Those that others may see. */
  get seen(): RoomMember[] {
    return [...this.#entries].filter(([, { started }]) => started).map(([session, entry]) => asMember(session, entry));
  }

  add(session: LiveSession, role: RoomRole, publisher: LiveSession | undefined): void {
    this.#entries.set(session, { role, publisher, started: false });
  }

  /** @returns what others may see of it now; undefined when it is no member */
  start(session: LiveSession): RoomMember | undefined {
    const entry = this.#entries.get(session);
    if (!entry || entry.started) return undefined;
    entry.started = true;
    return asMember(session, entry);
  }

  /** A listener hears another publisher. @returns what others may see of it now */
  move(session: LiveSession, publisher: LiveSession): RoomMember | undefined {
    const entry = this.#entries.get(session);
    if (!entry) return undefined;
    entry.publisher = publisher;
    return entry.started ? asMember(session, entry) : undefined;
  }

  /** @returns whether it was a member, and what others could see of it */
  remove(session: LiveSession): { readonly was: boolean; readonly seen: RoomMember | undefined } {
    const entry = this.#entries.get(session);
    this.#entries.delete(session);
    return { was: entry !== undefined, seen: entry?.started ? asMember(session, entry) : undefined };
  }

  listenersOf(publisher: LiveSession): LiveSession[] {
    return [...this.#entries].filter(([, entry]) => entry.publisher === publisher).map(([session]) => session);
  }

  /** A member that others can see. */
  find(sessionId: string): LiveSession | undefined {
    for (const [session, { started }] of this.#entries) {
      if (started && session.spec.sessionId === sessionId) return session;
    }
    return undefined;
  }
}

export const memberNotFound = (sessionId: string, roomId: string): PatchbayError =>
  new PatchbayError('member_not_found', `session ${sessionId} is not in room ${roomId}`);

function asMember({ spec, ownership, media }: LiveSession, { role, publisher }: Entry): RoomMember {
  const { audio, video } = media.moderated;
  return {
    session_id: spec.sessionId,
    role,
    user_id: ownership.userId,
    ...(publisher && { peer_id: publisher.spec.sessionId }),
    ...(audio && { mute_audio: true }),
    ...(video && { mute_video: true }),
  };
}
