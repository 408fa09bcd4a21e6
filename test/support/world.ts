import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { P2pBackend } from '../../lib/backends/p2p/backend.ts';
import type { LiveSession } from '../../lib/controller/session/live-session.ts';
import type { Binding, SessionSpec, SessionWorld } from '../../lib/controller/session/spec.ts';
import type { Caller } from '../../lib/domain/access.ts';
import { addressRules } from '../../lib/domain/addresses.ts';
import { silentLog } from '../../lib/domain/log.ts';
import { check } from '../../lib/protocol/check.ts';
import type { PatchbayError } from '../../lib/protocol/errors.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import { type CreateData, createData } from '../../lib/protocol/session.ts';
import { RecordingFiles } from '../../lib/recordings/recording-files.ts';
import type { SessionRecord } from '../../lib/store/sessions.ts';
import { caller } from './callers.ts';
import { ManualClock } from './clock.ts';
import { offer } from './sdp.ts';

/** The data of a create, checked and with its defaults, as a session gets it. */
export const create = (fields: Record<string, unknown> = {}): CreateData =>
  check(createData, { type: 'echo', offer, ...fields }, 'data');

/** What a session is made of: an echo, or what `change` says. */
type Change = Partial<Omit<SessionSpec, 'binding'>> & {
  readonly [Field in keyof Binding]?: Binding[Field] | undefined;
};
export function sessionSpec(change: Change = {}): SessionSpec {
  const data = change.data ?? create();
  const { type, role, backend, master, kinds, room, roomRole, publisher, ...spec } = change;
  const bound = Object.entries({ master, kinds, room, roomRole, publisher }).filter(([, value]) => value !== undefined);
  return {
    sessionId: 's',
    mediaId: 'm',
    nodeId: 'node-1',
    attempt: 1,
    requestId: 'request-1',
    creator: caller(),
    data,
    binding: {
      type: type ?? data.type,
      role: role ?? (data.offer ? 'offeree' : 'offerer'),
      backend: backend ?? new P2pBackend(),
      ...Object.fromEntries(bound),
    },
    ...spec,
  };
}

/** Nothing is near the node but what is special everywhere, and loopback is listed. */
export const testRules = addressRules({ own: [], allowed: ['127.0.0.0/8', '::1'] });

/** A folder for recordings, made when the first one begins. */
export const testFolder = (): string => join(tmpdir(), 'patchbay-test-recordings', randomUUID());
export const testFiles = (): RecordingFiles => new RecordingFiles(testFolder(), 'http://files');

const keyOf = (record: SessionRecord) => `${record.tenant}/${record.sessionId}`;

/** What surrounds live sessions: records in memory, events in a list. Its functions may be handed on one by one. */
export class FakeWorld implements SessionWorld {
  readonly clock = new ManualClock();
  readonly log = silentLog;
  readonly files: RecordingFiles;
  readonly records = new Map<string, SessionRecord>();
  readonly expiries: number[] = [];
  /** What happened, whoever heard of it. */
  readonly happened: PatchbayEvent[] = [];
  /** The same, session by session: ids may be used again. */
  readonly told = new Map<LiveSession, PatchbayEvent[]>();
  /** What the sessions' own subscribers were sent. */
  readonly published: { connectionId: string; event: PatchbayEvent; batch: boolean }[] = [];
  readonly replayed: { connectionId: string; event: PatchbayEvent }[] = [];
  readonly over: { sessionId: string; reason: string }[] = [];
  /** What the next claims and writes wait for; a rejection is a store that is away. */
  claiming: Promise<void> = Promise.resolve();
  writing: Promise<void> = Promise.resolve();
  /** Another node has taken the session over. */
  fenced = false;

  constructor(files = testFiles()) {
    this.files = files;
  }

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

  readonly giveUp = async (record: SessionRecord): Promise<boolean> => {
    await this.writing;
    return !this.fenced && this.records.delete(keyOf(record));
  };

  readonly publish = (session: LiveSession, event: PatchbayEvent): void => {
    this.happened.push(event);
    this.told.set(session, [...(this.told.get(session) ?? []), event]);
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
