import type { PatchbayEvent } from '../protocol/events.ts';
import type { BusEntry } from './bus-sender.ts';

/** What only those at the two ends of a call may know, or would drown all else. */
const unsent = new Set(['offer', 'answer', 'candidate', 'candidate_end']);
/** Fields that may hold SDPs, candidates, or what opens a session to others; whatever a client put into its `event_body`. */
const secret = /^(sdp|offer|answer|candidates?|.*token|.*secret|.*password)$/i;

/** What goes onto the event bus of an event: it, and whose it is; undefined for those that do not go there. */
export function busDetail(tenant: string, event: PatchbayEvent): Record<string, unknown> | undefined {
  if (event.subclass === 'session' && unsent.has(event.type)) return undefined;
  const body = withoutSecrets(event.body);
  // What clients say to each other is theirs; that they did is told.
  if (event.type === 'info') delete body.data;
  return { tenant, ...event, body };
}

/** The same as an entry for the bus. */
export function busEntry(tenant: string, event: PatchbayEvent): BusEntry | undefined {
  const detail = busDetail(tenant, event);
  const type = `${event.subclass}.${event.type}`;
  return detail && { type, detail: JSON.stringify(detail), timeMs: Date.parse(event.time) };
}

function withoutSecrets(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !secret.test(name))
      .map(([name, value]) => [name, cleaned(value)]),
  );
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  return typeof value === 'object' && value !== null ? withoutSecrets({ ...value }) : value;
}
