import { randomUUID } from 'node:crypto';
import type { Backend } from '../backends/backend.ts';
import { type Caller, isAdmin, requireControl, requireScope, sessionNotFound } from '../domain/access.ts';
import { checkDescription } from '../domain/sdp.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { BackendKind, CreateData, GetListData, SdpType, SessionSummary } from '../protocol/session.ts';
import { LiveSession } from './live-session.ts';
import type { Owners } from './owners.ts';
import type { SessionWorld } from './session-spec.ts';
import { sessionSummary } from './session-view.ts';

/** What the function decided for a new session. */
export interface Placed {
  readonly sessionId: string;
  readonly attempt: number;
  /** Those that can do it, best first. */
  readonly backends: readonly BackendKind[];
}

export interface SessionsOptions {
  readonly nodeId: string;
  /** How many sessions at the most. */
  readonly capacity: number;
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
  /** Why there are no new sessions any more. */
  #full: PatchbayError | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#live.size;
  }

  /**
   * Starts a session and resolves when it exists.
   *
   * @throws PatchbayError duplicated_session_id, no_mediaserver, unauthorized, invalid_value, unknown_peer,
   *   different_mediaserver, offer_not_set, offer_already_set, invalid_state
   */
  async create(caller: Caller, data: CreateData, placed: Placed, requestId: string): Promise<LiveSession> {
    requireScope(caller, 'media:session');
    if (this.#full) throw this.#full;
    if (this.#live.size >= this.#options.capacity) {
      throw new PatchbayError('no_mediaserver', 'this node is full', { retryAfterSeconds: 5 });
    }
    requireOneKind(data);
    requireRtpScope(caller, data.offer?.sdp_type, data.sdp_type);
    if (data.offer) checkDescription(data.offer, 'data.offer');
    const master = this.#master(caller, data);
    const key = keyOf(caller.tenant, placed.sessionId);
    if (this.#live.has(key)) {
      throw new PatchbayError('duplicated_session_id', `a session ${placed.sessionId} is alive`);
    }

    const { nodeId, world } = this.#options;
    const session = new LiveSession(
      {
        sessionId: placed.sessionId,
        mediaId: randomUUID(),
        nodeId,
        attempt: placed.attempt,
        requestId,
        creator: caller,
        role: data.offer ? 'offeree' : 'offerer',
        data,
        backend: this.#backend(placed.backends, master),
        master,
      },
      { ...world, ended: (ended, why) => this.#remove(key, ended, why) },
    );
    master?.pairWith(session);
    this.#live.set(key, session);
    this.#own(caller.connectionId, session);
    await session.start();
    return session;
  }

  /** @throws PatchbayError session_not_found, unauthorized */
  controlled(caller: Caller, sessionId: string | undefined): LiveSession {
    requireScope(caller, 'media:session');
    const session = sessionId === undefined ? this.#only(caller) : this.#find(caller, sessionId);
    requireControl(caller, ownerOf(session), session.spec.sessionId);
    return session;
  }

  /** @throws PatchbayError session_not_found, unauthorized */
  async attach(caller: Caller, sessionId: string, token: string | undefined, since: number | undefined) {
    requireScope(caller, 'media:session');
    const session = this.#find(caller, sessionId);
    const taken = await session.attach(caller, token, since);
    this.#options.owners.remove(taken.before, session);
    this.#own(caller.connectionId, session);
    return {
      session_id: sessionId,
      type: session.spec.data.type,
      state: session.state,
      seq: taken.seq,
      resume_token: taken.token,
    };
  }

  /** A page of what the caller may see, in the order of ids, after the one where the last page ended. */
  list(caller: Caller, filter: GetListData, after: string): { sessions: SessionSummary[]; more: boolean } {
    requireScope(caller, 'media:session');
    const matching = this.#sorted(
      caller,
      after,
      (session) =>
        (isAdmin(caller) || session.ownership.userId === caller.userId) &&
        (filter.type === undefined || session.spec.data.type === filter.type) &&
        (filter.user_id === undefined || session.ownership.userId === filter.user_id) &&
        filter.room_id === undefined,
    );
    const sessions: SessionSummary[] = [];
    let bytes = 0;
    for (const session of matching) {
      const summary = sessionSummary(session);
      bytes += Buffer.byteLength(JSON.stringify(summary)) + 1;
      if (sessions.length >= filter.limit || bytes > limits.pageBytes) return { sessions, more: true };
      sessions.push(summary);
    }
    return { sessions, more: false };
  }

  /** The ids of the next sessions that the caller owns, after one. */
  owned(caller: Caller, after: string, count: number): { ids: string[]; more: boolean } {
    requireScope(caller, 'media:session');
    const mine = this.#sorted(caller, after, (session) => session.ownership.userId === caller.userId);
    return { ids: mine.slice(0, count).map(({ spec }) => spec.sessionId), more: mine.length > count };
  }

  /** The sessions that tell this connection what happens because it owns them. */
  subscribedBy(connectionId: string): LiveSession[] {
    return [...this.#live.values()].filter(({ voice }) => voice.subscribers.has(connectionId));
  }

  /** The connection is gone: its sessions wait for their owner. Told by `$disconnect`, or by a post that found nobody. */
  connectionGone(connectionId: string): void {
    for (const session of this.#options.owners.take(connectionId)) session.connectionGone(connectionId);
  }

  /** No new sessions from now on; those that live go on. */
  drain(): void {
    this.#full = new PatchbayError('node_draining', undefined, { retryAfterSeconds: 1 });
  }

  /** Ends them all: the node stops. */
  async stopAll(why: PatchbayError): Promise<void> {
    await Promise.all([...this.#live.values()].map((session) => session.stop(why)));
  }

  #find(caller: Caller, sessionId: string): LiveSession {
    const session = this.#live.get(keyOf(caller.tenant, sessionId));
    // One that has ended is still here while its media and record are given back.
    if (!session || session.state === 'destroyed') throw sessionNotFound(sessionId);
    return session;
  }

  #only(caller: Caller): LiveSession {
    const [session, other] = this.#options.owners.of(caller.connectionId);
    if (session && !other) return session;
    const why = other ? 'this connection has several sessions' : 'this connection has no session';
    throw new PatchbayError('missing_field', `data.session_id is missing: ${why}`);
  }

  /** The session that `master_id` names; control of it is needed. PROTOCOL section 6. */
  #master(caller: Caller, data: CreateData): LiveSession | undefined {
    const { master_id, offer, type } = data;
    if (master_id === undefined) {
      if (type === 'p2p' && !offer) throw new PatchbayError('offer_not_set', 'p2p needs data.offer or data.master_id');
      return undefined;
    }
    const master = this.#live.get(keyOf(caller.tenant, master_id));
    if (!master || master.state === 'destroyed') {
      throw new PatchbayError('unknown_peer', `data.master_id: no session ${master_id}`);
    }
    requireControl(caller, ownerOf(master), master_id);
    requireRtpScope(caller, master.spec.data.offer?.sdp_type);
    if (master.peer) throw new PatchbayError('invalid_state', `session ${master_id} has a peer already`);
    if (type === 'p2p' && offer) {
      throw new PatchbayError('offer_already_set', `the offer is that of data.master_id, ${master_id}`);
    }
    return master;
  }

  /** A session with a master goes where that one is, any other to the least loaded of the first kind that is up. */
  #backend(kinds: readonly BackendKind[], master: LiveSession | undefined): Backend {
    if (master) {
      const { backend, sessionId } = master.spec;
      if (kinds.includes(backend.kind)) return backend;
      throw new PatchbayError('different_mediaserver', `session ${sessionId} is on ${backend.kind}`);
    }
    for (const kind of kinds) {
      const up = this.#options.backends.filter((backend) => backend.kind === kind && backend.engine().up);
      const [least] = up.sort((a, b) => a.engine().sessions - b.engine().sessions);
      if (least) return least;
    }
    throw new PatchbayError('no_mediaserver', `${kinds.join(' and ')} down on this node`, { retryAfterSeconds: 5 });
  }

  #sorted(caller: Caller, after: string, fits: (session: LiveSession) => boolean): LiveSession[] {
    const matching = [...this.#live.values()].filter(
      (session) =>
        session.state !== 'destroyed' &&
        session.spec.creator.tenant === caller.tenant &&
        session.spec.sessionId > after &&
        fits(session),
    );
    return matching.sort((a, b) => (a.spec.sessionId < b.spec.sessionId ? -1 : 1));
  }

  /** Notes whose connection it is on; where that one is gone already, the session waits for its owner at once. */
  #own(connectionId: string, session: LiveSession): void {
    const { owners, world } = this.#options;
    owners.add(connectionId, session, world.clock.nowMs()).then(
      (alive) => alive || this.connectionGone(connectionId),
      (error: unknown) => world.log.error({ err: error }, 'connection record not written'),
    );
  }

  #remove(key: string, session: LiveSession, why: PatchbayError): void {
    this.#options.onEnded(why);
    if (this.#live.get(key) === session) this.#live.delete(key);
    this.#options.owners.remove(session.ownership.connectionId, session);
  }
}

/** Plain RTP is for those who may. PROTOCOL section 6. */
export function requireRtpScope(caller: Caller, ...kinds: (SdpType | undefined)[]): void {
  if (kinds.includes('rtp')) requireScope(caller, 'media:rtp');
}

/** Only a proxy may have SDPs of two kinds. */
function requireOneKind({ type, offer, sdp_type }: CreateData): void {
  if (type === 'proxy' || !offer || sdp_type === undefined || offer.sdp_type === sdp_type) return;
  throw new PatchbayError(
    'invalid_parameters',
    `data.sdp_type is ${sdp_type}, but data.offer is ${offer.sdp_type}: only a proxy has two kinds`,
  );
}

const keyOf = (tenant: string, sessionId: string) => `${tenant}/${sessionId}`;
const ownerOf = ({ spec, ownership }: LiveSession) => ({ tenant: spec.creator.tenant, userId: ownership.userId });
