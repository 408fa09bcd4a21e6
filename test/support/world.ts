import { P2pBackend } from '../../lib/backends/p2p/backend.ts';
import type { LiveSession } from '../../lib/controller/live-session.ts';
import type { SessionSpec, SessionWorld } from '../../lib/controller/session-spec.ts';
import type { Caller } from '../../lib/domain/access.ts';
import { silentLog } from '../../lib/domain/log.ts';
import { check } from '../../lib/protocol/check.ts';
import type { PatchbayError } from '../../lib/protocol/errors.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import { type CreateData, createData } from '../../lib/protocol/session.ts';
import type { SessionRecord } from '../../lib/store/sessions.ts';
import { caller } from './callers.ts';
import { ManualClock } from './clock.ts';
import { offer } from './sdp.ts';

/** The data of a create, checked and with its defaults, as a session gets it. */
export const create = (fields: Record<string, unknown> = {}): CreateData =>
  check(createData, { type: 'echo', offer, ...fields }, 'data');

/** What a session is made of: an echo, or what `change` says. */
export function sessionSpec(change: Partial<SessionSpec> = {}): SessionSpec {
  const data = change.data ?? create();
  return {
    sessionId: 's',
    mediaId: 'm',
    nodeId: 'node-1',
    attempt: 1,
    requestId: 'request-1',
    creator: caller(),
    role: data.offer ? 'offeree' : 'offerer',
    data,
    backend: new P2pBackend(),
    master: undefined,
    ...change,
  };
}

const keyOf = (record: SessionRecord) => `${record.tenant}/${record.sessionId}`;

/** What surrounds live sessions: records in memory, events in a list. Its functions may be handed on one by one. */
export class FakeWorld implements SessionWorld {
  readonly clock = new ManualClock();
  readonly log = silentLog;
  readonly records = new Map<string, SessionRecord>();
  readonly expiries: number[] = [];
  /** What happened, whoever heard of it. */
  readonly happened: PatchbayEvent[] = [];
  /** What the sessions' own subscribers were sent. */
  readonly published: { connectionId: string; event: PatchbayEvent; batch: boolean }[] = [];
  readonly replayed: { connectionId: string; event: PatchbayEvent }[] = [];
  readonly over: { sessionId: string; reason: string }[] = [];
  /** What the next claims and writes wait for; a rejection is a store that is away. */
  claiming: Promise<void> = Promise.resolve();
  writing: Promise<void> = Promise.resolve();
  /** Another node has taken the session over. */
  fenced = false;

  readonly claim = async (record: SessionRecord, expiresAtSeconds: number): Promise<boolean> => {
    await this.claiming;
    if (this.records.has(keyOf(record))) return false;
    this.records.set(keyOf(record), record);
    this.expiries.push(expiresAtSeconds);
    return true;
  };

  readonly update = async (record: SessionRecord): Promise<boolean> => {
    await this.writing;
    if (this.fenced || !this.records.has(keyOf(record))) return false;
    this.records.set(keyOf(record), record);
    return true;
  };

  readonly release = async (record: SessionRecord): Promise<void> => {
    await this.writing;
    if (!this.fenced) this.records.delete(keyOf(record));
  };

  readonly publish = (session: LiveSession, event: PatchbayEvent): void => {
    this.happened.push(event);
    for (const { connectionId, batch } of session.voice.subscribers.values()) {
      this.published.push({ connectionId, event, batch: batch ?? false });
    }
  };

  readonly replay = ({ connectionId, batch }: Caller, event: PatchbayEvent): void => {
    this.replayed.push({ connectionId, event });
    this.published.push({ connectionId, event, batch: batch ?? false });
  };

  readonly ended = (session: { spec: { sessionId: string } }, why: PatchbayError): void => {
    this.over.push({ sessionId: session.spec.sessionId, reason: why.reason });
  };

  /** The events that a connection got, or all that were sent. */
  events(connectionId?: string): PatchbayEvent[] {
    return this.published
      .filter((one) => connectionId === undefined || one.connectionId === connectionId)
      .map(({ event }) => event);
  }

  types(connectionId?: string): string[] {
    return this.events(connectionId).map(({ type }) => type);
  }

  /** What happened to one session. */
  of(sessionId: string): PatchbayEvent[] {
    return this.happened.filter(({ obj_id }) => obj_id === sessionId);
  }

  typesOf(sessionId: string): string[] {
    return this.of(sessionId).map(({ type }) => type);
  }
}
