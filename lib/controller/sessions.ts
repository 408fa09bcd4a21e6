import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Backend } from '../backends/backend.ts';
import { type Caller, isAdmin, requireControl, requireScope, sessionNotFound } from '../domain/access.ts';
import { checkDescription } from '../domain/sdp.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { BackendKind, CreateData, GetListData, SessionSummary } from '../protocol/session.ts';
import { LiveSession, type SessionWorld } from './live-session.ts';
import type { Owners } from './owners.ts';
import { sessionSummary } from './session-view.ts';

/** What the function decided for a new session. */
export interface Placed {
  readonly sessionId: string;
  readonly attempt: number;
  readonly backend: BackendKind;
}

export interface SessionsOptions {
  readonly nodeId: string;
  readonly backends: readonly Backend[];
  readonly owners: Owners;
  readonly world: Omit<SessionWorld, 'ended'>;
  /** Told for each session that is over. */
  readonly onEnded: (why: PatchbayError) => void;
}

/** The live sessions of this node. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #live = new Map<string, LiveSession>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#live.size;
  }

  all(): Iterable<LiveSession> {
    return this.#live.values();
  }

  /**
   * Starts a session and resolves when it exists.
   *
   * @throws PatchbayError duplicated_session_id, no_mediaserver, unauthorized, invalid_value
   */
  async create(
    caller: Caller,
    data: CreateData,
    placed: Placed,
  ): Promise<{ session: LiveSession; resumeToken: string }> {
    requireScope(caller, 'media:session');
    const sdpType = data.offer?.sdp_type ?? data.sdp_type ?? 'webrtc';
    if (sdpType === 'rtp' || data.sdp_type === 'rtp') requireScope(caller, 'media:rtp');
    if (data.offer) checkDescription(data.offer, 'data.offer');
    const key = keyOf(caller.tenant, placed.sessionId);
    if (this.#live.has(key)) throw duplicated(placed.sessionId);

    const { token, hash } = resumeToken();
    const { nodeId, world, owners } = this.#options;
    const session = new LiveSession(
      {
        sessionId: placed.sessionId,
        mediaId: randomUUID(),
        nodeId,
        attempt: placed.attempt,
        owner: caller,
        role: data.offer ? 'offeree' : 'offerer',
        data,
        backend: this.#backend(placed.backend),
        resumeTokenHash: hash,
      },
      { ...world, ended: (ended, why) => this.#remove(key, ended, why) },
    );
    this.#live.set(key, session);
    const registered = owners.add(caller.connectionId, session, world.clock.nowMs());
    registered.then(
      (alive) => alive || this.connectionGone(caller.connectionId),
      (error: unknown) => world.log.error({ err: error }, 'connection record not written'),
    );
    await session.start();
    return { session, resumeToken: token };
  }

  /** @throws PatchbayError session_not_found, unauthorized */
  controlled(caller: Caller, sessionId: string | undefined): LiveSession {
    if (sessionId === undefined) return this.#only(caller);
    const session = this.#live.get(keyOf(caller.tenant, sessionId));
    if (!session) throw sessionNotFound(sessionId);
    requireControl(caller, session.spec.owner, sessionId);
    return session;
  }

  /** A page of the live sessions that the caller may see, in the order of ids, after the one where the last page ended. */
  list(caller: Caller, filter: GetListData, after: string): { sessions: SessionSummary[]; more: boolean } {
    const matching = [...this.#live.values()].filter(
      ({ spec, state }) =>
        // One that has ended is still here while its media and record are given back.
        state !== 'destroyed' &&
        spec.owner.tenant === caller.tenant &&
        (isAdmin(caller) || spec.owner.userId === caller.userId) &&
        spec.sessionId > after &&
        (filter.type === undefined || spec.data.type === filter.type) &&
        (filter.user_id === undefined || spec.owner.userId === filter.user_id) &&
        filter.room_id === undefined,
    );
    matching.sort((a, b) => (a.spec.sessionId < b.spec.sessionId ? -1 : 1));
    const sessions: SessionSummary[] = [];
    let bytes = 0;
    for (const session of matching) {
      const summary = sessionSummary(session);
      bytes += JSON.stringify(summary).length + 1;
      if (sessions.length >= filter.limit || bytes > limits.pageBytes) return { sessions, more: true };
      sessions.push(summary);
    }
    return { sessions, more: false };
  }

  /** The connection is gone: its sessions wait for their owner. Told by `$disconnect`, or by a post that found nobody. */
  connectionGone(connectionId: string): void {
    for (const session of this.#options.owners.take(connectionId)) session.ownerGone();
  }

  /** Ends them all: the node stops. */
  async stopAll(why: PatchbayError): Promise<void> {
    await Promise.all([...this.#live.values()].map((session) => session.stop(why)));
  }

  #only(caller: Caller): LiveSession {
    const [session, other] = this.#options.owners.of(caller.connectionId);
    if (session && !other) return session;
    const why = other ? 'this connection has several sessions' : 'this connection has no session';
    throw new PatchbayError('missing_field', `data.session_id is missing: ${why}`);
  }

  #backend(kind: BackendKind): Backend {
    const up = this.#options.backends.filter((backend) => backend.kind === kind && backend.engine().up);
    const [least] = up.sort((a, b) => a.engine().sessions - b.engine().sessions);
    if (!least) throw new PatchbayError('no_mediaserver', `${kind} is down on this node`);
    return least;
  }

  #remove(key: string, session: LiveSession, why: PatchbayError): void {
    this.#options.onEnded(why);
    if (this.#live.get(key) === session) this.#live.delete(key);
    this.#options.owners.remove(session.spec.owner.connectionId, session);
  }
}

const keyOf = (tenant: string, sessionId: string) => `${tenant}/${sessionId}`;
const duplicated = (sessionId: string) => new PatchbayError('duplicated_session_id', `a session ${sessionId} is alive`);

/** 256 bits; only the hash is kept. */
function resumeToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: createHash('sha256').update(token).digest('base64url') };
}
