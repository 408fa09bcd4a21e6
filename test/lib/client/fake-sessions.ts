import { type FakeConnection, type FakeServer, numberedEvent } from './fake-server.ts';

type Event = ReturnType<typeof numberedEvent>;

interface FakeSession {
  readonly log: Event[];
  owner: FakeConnection;
}

/** As the server does. */
const keptEvents = 64;

/**
 * The sessions of a fake server: made, attached and told of as the real ones are. Events travel slowly on some
 * connections and fast on others, each connection's in order.
 */
export class FakeSessions {
  readonly #sessions = new Map<string, FakeSession>();
  readonly #subscribers = new Set<FakeConnection>();
  readonly #outboxes = new Map<FakeConnection, { event: Event; dueMs: number }[]>();
  readonly #timer = setInterval(() => this.#post(), 5);
  readonly attaches: Record<string, unknown>[] = [];
  /** How long an event is on its way to a connection; undefined: it is lost. */
  latencyMs: (connection: FakeConnection) => number | undefined = () => 0;

  constructor(server: FakeServer, pageSize = 100) {
    server
      .on('session/create', ({ data, connection, ok }) => {
        const id = typeof data.session_id === 'string' ? data.session_id : `s${this.#sessions.size + 1}`;
        this.#sessions.set(id, { log: [], owner: connection });
        this.emit(id, 'created');
        ok({ session_id: id, resume_token: `${id} 0`, seq: 1 });
      })
      .on('session/attach', ({ data, connection, ok, error }) => {
        this.attaches.push(data);
        const { session_id: id, since, cursor } = data;
        if (typeof id === 'string') {
          const line = this.#attach(id, connection, typeof since === 'number' ? since : undefined);
          if (line) ok({ sessions: [line] });
          else error('session_not_found', `no session ${id}`);
          return;
        }
        const from = Number(cursor ?? 0);
        const page = [...this.#sessions.keys()].slice(from, from + pageSize);
        const next = from + page.length;
        ok({
          sessions: page.map((one) => this.#attach(one, connection, undefined)),
          ...(next < this.#sessions.size && { cursor: `${next}` }),
        });
      })
      .on('session/destroy', ({ data, ok }) => {
        this.end(String(data.session_id));
        ok();
      })
      .on('event/subscribe', ({ connection, ok }) => {
        this.#subscribers.add(connection);
        ok();
      })
      .on('event/unsubscribe', ({ connection, ok }) => {
        this.#subscribers.delete(connection);
        ok();
      });
  }

  /** All that ever happened, as `id seq`, in the order of each session. */
  get emitted(): Map<string, number> {
    return new Map([...this.#sessions].map(([id, { log }]) => [id, log.length]));
  }

  ownerOf(id: string): FakeConnection | undefined {
    return this.#sessions.get(id)?.owner;
  }

  emit(id: string, type = 'info'): void {
    const session = this.#sessions.get(id);
    if (!session) throw new Error(`no session ${id}`);
    const event = numberedEvent(id, session.log.length + 1, type, { info: 'x', data: {} });
    session.log.push(event);
    for (const connection of new Set([session.owner, ...this.#subscribers])) this.#send(connection, event);
  }

  end(id: string): void {
    this.emit(id, 'destroyed');
    this.#sessions.delete(id);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #attach(id: string, connection: FakeConnection, since: number | undefined) {
    const session = this.#sessions.get(id);
    if (!session) return undefined;
    const kept = session.log.slice(-keptEvents);
    if (since !== undefined) for (const event of kept.filter(({ seq }) => seq > since)) this.#send(connection, event);
    session.owner = connection;
    const seq = session.log.length;
    return { session_id: id, type: 'p2p', state: 'ready', seq, resume_token: `${id} ${this.attaches.length}` };
  }

  #send(connection: FakeConnection, event: Event): void {
    const latencyMs = this.latencyMs(connection);
    if (latencyMs === undefined) return;
    const outbox = this.#outboxes.get(connection) ?? [];
    this.#outboxes.set(connection, outbox);
    outbox.push({ event, dueMs: performance.now() + latencyMs });
  }

  #post(): void {
    for (const [connection, outbox] of this.#outboxes) {
      const due = outbox.findIndex(({ dueMs }) => dueMs > performance.now());
      const events = outbox.splice(0, due < 0 ? outbox.length : due).map(({ event }) => event);
      if (events.length > 0) connection.push(...events);
    }
  }
}
