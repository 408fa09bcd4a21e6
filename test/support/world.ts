import type { SessionWorld } from '../../lib/controller/live-session.ts';
import { silentLog } from '../../lib/domain/log.ts';
import { check } from '../../lib/protocol/check.ts';
import type { PatchbayError } from '../../lib/protocol/errors.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import { type CreateData, createData } from '../../lib/protocol/session.ts';
import type { SessionRecord } from '../../lib/store/sessions.ts';
import { ManualClock } from './clock.ts';
import { offer } from './sdp.ts';

/** The data of a create, checked and with its defaults, as a session gets it. */
export const create = (fields: Record<string, unknown> = {}): CreateData =>
  check(createData, { type: 'echo', offer, ...fields }, 'data');

/** What surrounds live sessions: records in memory, events in a list. Its functions may be handed on one by one. */
export class FakeWorld implements SessionWorld {
  readonly clock = new ManualClock();
  readonly log = silentLog;
  readonly records = new Map<string, SessionRecord>();
  readonly expiries: number[] = [];
  readonly published: { connectionId: string; event: PatchbayEvent; batch: boolean }[] = [];
  readonly over: { sessionId: string; reason: string }[] = [];
  /** What the next claims and writes wait for; a rejection is a store that is away. */
  claiming: Promise<void> = Promise.resolve();
  writing: Promise<void> = Promise.resolve();
  /** Another node has taken the session over. */
  fenced = false;

  readonly claim = async (record: SessionRecord, expiresAtSeconds: number): Promise<boolean> => {
    await this.claiming;
    const key = `${record.tenant}/${record.sessionId}`;
    if (this.records.has(key)) return false;
    this.records.set(key, record);
    this.expiries.push(expiresAtSeconds);
    return true;
  };

  readonly setReady = async (record: SessionRecord): Promise<boolean> => {
    await this.writing;
    if (this.fenced) return false;
    this.records.set(`${record.tenant}/${record.sessionId}`, record);
    return true;
  };

  readonly release = async (record: SessionRecord): Promise<void> => {
    await this.writing;
    if (!this.fenced) this.records.delete(`${record.tenant}/${record.sessionId}`);
  };

  readonly publish = (connectionId: string, event: PatchbayEvent, batch: boolean): void => {
    this.published.push({ connectionId, event, batch });
  };

  readonly ended = (session: { spec: { sessionId: string } }, why: PatchbayError): void => {
    this.over.push({ sessionId: session.spec.sessionId, reason: why.reason });
  };

  /** The events of a connection, or of all. */
  events(connectionId?: string): PatchbayEvent[] {
    return this.published
      .filter((one) => connectionId === undefined || one.connectionId === connectionId)
      .map(({ event }) => event);
  }

  types(connectionId?: string): string[] {
    return this.events(connectionId).map(({ type }) => type);
  }
}
