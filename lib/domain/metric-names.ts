/** What a node tells CloudWatch of itself each minute: named here for the node, and for the alarms and the scaling that wait for it. */

export const metricNamespace = 'Patchbay';

/** CloudWatch's name, its unit, and the value of `/metrics` that it is made of. */
export const nodeMetrics = {
  Sessions: { unit: 'Count', of: 'patchbay_sessions', by: 'sum' },
  /** Of the node's capacity, 100 is full: what the number of nodes goes by. */
  LoadPercent: { unit: 'Percent', of: 'patchbay_sessions', by: 'share of capacity' },
  /** Those that ECS may end in a deployment, a rollback or a scale-in, because it has not granted the node its protection. */
  UnprotectedSessions: { unit: 'Count', of: 'patchbay_sessions', by: 'sum while unprotected' },
  EnginesDown: { unit: 'Count', of: 'patchbay_engine_up', by: 'zeros' },
  EventsPending: { unit: 'Count', of: 'patchbay_events_pending', by: 'sum' },
  /** Since the last minute. */
  EventsDropped: { unit: 'Count', of: 'patchbay_bus_events_dropped', by: 'growth' },
} as const satisfies Readonly<Record<string, NodeMetric>>;

export interface NodeMetric {
  readonly unit: 'Count' | 'Percent';
  readonly of: `patchbay_${string}`;
  readonly by: 'sum' | 'zeros' | 'growth' | 'share of capacity' | 'sum while unprotected';
}

export type MetricName = keyof typeof nodeMetrics;
