import type { Registry } from 'prom-client';
import type { Clock } from '../domain/clock.ts';
import { metricNamespace, type NodeMetric, nodeMetrics } from '../domain/metric-names.ts';
import { Timers } from './timers.ts';

const everyMs = 60_000;

export interface CloudWatchOptions {
  readonly registry: Registry;
  readonly capacity: number;
  /** Tells one patchbay of an account from another. */
  readonly table: string;
  readonly clock: Clock;
  /** Whether it takes calls: the load of one that drains says nothing of how much room there is. */
  readonly isServing: () => boolean;
  /** Whether deployments and scale-in pass it over; also where nothing of the kind ever happens. */
  readonly isProtected: () => boolean;
  /** Takes a line of the log. */
  readonly write: (line: string) => void;
}

/**
 * What `/metrics` shows, each minute as a line of the log that CloudWatch makes metrics of: nobody has to reach the node for it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class CloudWatchMetrics {
  readonly #options: CloudWatchOptions;
  readonly #timers: Timers<'line'>;
  readonly #before = new Map<string, number>();

  constructor(options: CloudWatchOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  /** The first line at once: an engine that does not start is to be seen. */
  start(): void {
    this.#timers.set('line', everyMs, () => this.start());
    void this.#write();
  }

  stop(): void {
    this.#timers.clear();
  }

  async #write(): Promise<void> {
    const { registry, table, clock, isServing, write } = this.#options;
    const values = new Map(
      (await registry.getMetricsAsJSON()).map(({ name, values: of }) => [name, of.map(({ value }) => value)] as const),
    );
    const metrics = Object.entries<NodeMetric>(nodeMetrics).filter(
      ([, { by }]) => by !== 'share of capacity' || isServing(),
    );
    const told = metrics.map(
      ([name, metric]) => [name, this.#value(name, metric, values.get(metric.of) ?? [])] as const,
    );
    write(
      JSON.stringify({
        _aws: {
          Timestamp: clock.nowMs(),
          CloudWatchMetrics: [
            {
              Namespace: metricNamespace,
              Dimensions: [['Table']],
              Metrics: metrics.map(([Name, { unit }]) => ({ Name, Unit: unit })),
            },
          ],
        },
        Table: table,
        ...Object.fromEntries(told),
      }),
    );
  }

  #value(name: string, { by }: NodeMetric, values: readonly number[]): number {
    const sum = values.reduce((all, one) => all + one, 0);
    switch (by) {
      case 'sum':
        return sum;
      case 'sum while unprotected':
        return this.#options.isProtected() ? 0 : sum;
      case 'zeros':
        return values.filter((one) => one === 0).length;
      case 'share of capacity':
        return (100 * sum) / this.#options.capacity;
      case 'growth': {
        const growth = sum - (this.#before.get(name) ?? 0);
        this.#before.set(name, sum);
        return growth;
      }
    }
  }
}
