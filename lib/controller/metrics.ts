import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../domain/placement.ts';

interface Look {
  readonly engines: () => Engine[];
  readonly sessions: () => number;
  readonly rooms: () => number;
  readonly subscribers: () => number;
  readonly pendingEvents: () => number;
  readonly pendingUploads: () => number;
  readonly pendingBusEvents: () => number;
  readonly droppedBusEvents: () => number;
}

/** What `/metrics` shows, in Prometheus' text format. */
export class Metrics {
  readonly registry = new Registry();
  readonly #commands: Histogram<'command' | 'result'>;
  readonly #events: Counter;
  readonly #ended: Counter<'reason'>;

  /** @param look how things stand when somebody asks */
  constructor(look: Look) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#commands = new Histogram({
      name: 'patchbay_command_seconds',
      help: 'Time from a command to its result',
      labelNames: ['command', 'result'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 25],
      registers,
    });
    this.#events = new Counter({ name: 'patchbay_events_total', help: 'Events for connections', registers });
    this.#ended = new Counter({
      name: 'patchbay_sessions_ended_total',
      help: 'Sessions that ended, by reason',
      labelNames: ['reason'],
      registers,
    });
    const counts = [
      ['patchbay_sessions', 'Live sessions', look.sessions],
      ['patchbay_rooms', 'Live rooms', look.rooms],
      ['patchbay_subscribers', 'Connections that asked for events', look.subscribers],
      ['patchbay_events_pending', 'Events not delivered yet', look.pendingEvents],
      ['patchbay_recordings_pending', 'Complete recordings that are not in the bucket yet', look.pendingUploads],
      ['patchbay_bus_events_pending', 'Events that are not on the event bus yet', look.pendingBusEvents],
      ['patchbay_bus_events_dropped', 'Events that never came onto the event bus', look.droppedBusEvents],
    ] as const;
    for (const [name, help, count] of counts) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(count());
        },
      });
    }
    new Gauge({
      name: 'patchbay_engine_up',
      help: '1 when the engine can take sessions',
      labelNames: ['kind', 'name'],
      registers,
      collect() {
        for (const { kind, name, up } of look.engines()) this.set({ kind, name }, up ? 1 : 0);
      },
    });
  }

  command(command: string, result: string, seconds: number): void {
    this.#commands.observe({ command, result }, seconds);
  }
  event(): void {
    this.#events.inc();
  }
  sessionEnded(reason: string): void {
    this.#ended.inc({ reason });
  }
}
