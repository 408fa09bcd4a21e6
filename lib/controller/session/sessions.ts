import { randomUUID } from 'node:crypto';
import type { Backend } from '../../backends/backend.ts';
import { type Caller, isAdmin, requireControl, requireScope, sessionNotFound } from '../../domain/access.ts';
import type { AddressRules } from '../../domain/addresses.ts';
import { checkCandidates, checkDestinations } from '../../domain/destinations.ts';
import { checkDescription } from '../../domain/sdp.ts';
import type { Candidate } from '../../protocol/candidate.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { CreateData, Description, GetListData, SessionSummary } from '../../protocol/session.ts';
import type { Owners } from '../owners.ts';
import { page } from '../page.ts';
import type { Rooms } from '../room/rooms.ts';
import { bind, requireFree, requirePublisher } from './binding.ts';
import { LiveSession } from './live-session.ts';
import type { Binding, SessionWorld } from './spec.ts';
import { sessionSummary } from './view.ts';

/** What the function decided for a new session. */
export interface Placed {
  readonly sessionId: string;
  readonly attempt: number;
}

export interface SessionsOptions {
  readonly nodeId: string;
  /** How many sessions at the most. */
  readonly capacity: number;
  readonly backends: readonly Backend[];
  readonly rooms: Rooms;
  readonly owners: Owners;
  readonly rules: AddressRules;
  readonly world: Omit<SessionWorld, 'ended'>;
  /** Told for each session that is over, and counts no more. */
  readonly onEnded: (why: PatchbayError) => void;
}

/** The live sessions of this node. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #live = new Map<string, LiveSession>();
  /** Recordings of sessions that are over, whose files others still record on. */
  readonly #gathering = new Set<Promise<void>>();
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
   * @throws PatchbayError duplicated_session_id, no_mediaserver, unauthorized; or what is wrong with what it names
   */
  async create(caller: Caller, wanted: CreateData, placed: Placed, requestId: string): Promise<LiveSession> {
    requireScope(caller, 'media:session');
    this.#requireSpace();
    requireOneKind(wanted);
    if (wanted.offer) checkDescription(wanted.offer, 'data.offer');
    const { data, binding } = await bind(
      { caller, data: wanted, requestId },
      { ...this.#options, find: (id) => this.#alive(caller, id) },
    );
    try {
      requireOneEngine(binding);
      if (data.offer) this.checkDestination(binding.backend, data.offer, 'data.offer');
      return await this.#start(caller, data, binding, placed, requestId);
    } finally {
      binding.seat?.giveBack();
    }
  }

  /** Nothing is awaited here before the session is known to all: what was checked still holds. */
  async #start(
    caller: Caller,
    data: CreateData,
    binding: Binding,
    { sessionId, attempt }: Placed,
    requestId: string,
  ): Promise<LiveSession> {
    this.#requireSpace();
    const key = keyOf(caller.tenant, sessionId);
    if (this.#live.has(key)) throw new PatchbayError('duplicated_session_id', `a session ${sessionId} is alive`);
    requireStillThere(binding);
    const { nodeId, world } = this.#options;
    const session = new LiveSession(
      { sessionId, mediaId: randomUUID(), nodeId, attempt, requestId, creator: caller, data, binding },
      { ...world, ended: (ended, why) => this.#remove(key, ended, why) },
    );
    binding.master?.pair.join(session);
    this.#live.set(key, session);
    this.#own(caller.connectionId, session);
    await session.start();
    return session;
  }

  /**
   * An engine sends media to no place where it must not go; what it is not given need not be looked at.
   *
   * @throws PatchbayError invalid_value
   */
  checkDestination({ kind, passesCandidates }: Backend, description: Description, path: string): void {
    const looks = description.sdp_type === 'rtp' ? kind !== 'p2p' : passesCandidates;
    if (looks) checkDestinations(description, path, this.#options.rules);
  }

  /** The same for candidates that come one by one: `data.candidates`, or `data` for one alone. */
  checkCandidates({ passesCandidates }: Backend, candidates: readonly Candidate[], path: string): void {
    if (passesCandidates) checkCandidates(candidates, path, this.#options.rules);
  }

  /**
   * The publisher that a `listen` session of the caller's is to hear.
   *
   * @throws PatchbayError invalid_publisher, unauthorized
   */
  publisher(caller: Caller, publisherId: string): LiveSession {
    return requirePublisher(caller, publisherId, (id) => this.#alive(caller, id));
  }

  /** A live session of the caller's tenant. */
  find(caller: Caller, sessionId: string): LiveSession | undefined {
    return this.#alive(caller, sessionId);
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
      type: session.type,
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
        (filter.type === undefined || session.type === filter.type) &&
        (filter.user_id === undefined || session.ownership.userId === filter.user_id) &&
        (filter.room_id === undefined || session.room?.spec.roomId === filter.room_id),
    );
    const { lines, more } = page(matching.map(sessionSummary), filter.limit);
    return { sessions: lines, more };
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

  /** Ends them all, with their recordings complete. */
  async stopAll(why: PatchbayError): Promise<void> {
    await Promise.all([...this.#live.values()].map((session) => session.stop(why)));
    await this.gathered();
  }

  /** The same on a node that was given up: what others have ended already ends silently. */
  async stopHeld(why: PatchbayError): Promise<void> {
    await Promise.all([...this.#live.values()].map((session) => session.stopIfHeld(why)));
    await this.gathered();
  }

  /** The recordings of sessions that are over are complete. */
  async gathered(): Promise<void> {
    await Promise.all(this.#gathering);
  }

  #find(caller: Caller, sessionId: string): LiveSession {
    const session = this.#alive(caller, sessionId);
    if (!session) throw sessionNotFound(sessionId);
    return session;
  }

  /** One that has ended is still here while its media and record are given back. */
  #alive(caller: Caller, sessionId: string): LiveSession | undefined {
    const session = this.#live.get(keyOf(caller.tenant, sessionId));
    return session?.state === 'destroyed' ? undefined : session;
  }

  #requireSpace(): void {
    if (this.#full) throw this.#full;
    if (this.#live.size >= this.#options.capacity) {
      throw new PatchbayError('no_mediaserver', 'this node is full', { retryAfterSeconds: 5 });
    }
  }

  #only(caller: Caller): LiveSession {
    const [session, other] = this.#options.owners.of(caller.connectionId);
    if (session && !other) return session;
    const why = other ? 'this connection has several sessions' : 'this connection has no session';
    throw new PatchbayError('missing_field', `data.session_id is missing: ${why}`);
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
    if (this.#live.get(key) === session) this.#live.delete(key);
    this.#options.owners.remove(session.ownership.connectionId, session);
    const gathering = session.recordings.gathered().finally(() => this.#gathering.delete(gathering));
    this.#gathering.add(gathering);
    this.#options.onEnded(why);
  }
}

/** Only a proxy may have SDPs of two kinds. */
function requireOneKind({ type, offer, sdp_type }: CreateData): void {
  if (type === 'proxy' || !offer || sdp_type === undefined || offer.sdp_type === sdp_type) return;
  throw new PatchbayError(
    'invalid_parameters',
    `data.sdp_type is ${sdp_type}, but data.offer is ${offer.sdp_type}: only a proxy has two kinds`,
  );
}

function requireOneEngine({ backend, master }: Binding): void {
  if (!master || master.spec.binding.backend === backend) return;
  const { sessionId, binding } = master.spec;
  throw new PatchbayError('different_mediaserver', `session ${sessionId} is on ${binding.backend.engine().name}`);
}

/** What a session is bound to may have changed since it was looked up. */
function requireStillThere({ master, publisher, room, roomRole, wish }: Binding): void {
  if (wish?.type === 'bridge' && wish.peer.state === 'destroyed') {
    throw new PatchbayError('unknown_peer', 'its peer has just ended');
  }
  if (master?.state === 'destroyed') throw new PatchbayError('unknown_peer', 'its master has just ended');
  if (master) requireFree(master);
  if (publisher?.state === 'destroyed') throw new PatchbayError('invalid_publisher', 'its publisher has just ended');
  room?.requirePlace(roomRole ?? 'member');
}

const keyOf = (tenant: string, sessionId: string) => `${tenant}/${sessionId}`;
const ownerOf = ({ spec, ownership }: LiveSession) => ({ tenant: spec.creator.tenant, userId: ownership.userId });
