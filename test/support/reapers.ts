import type { Clock } from '../../lib/domain/clock.ts';
import { silentLog } from '../../lib/domain/log.ts';
import type { Poster } from '../../lib/push/poster.ts';
import { Reaper, type ReaperOptions } from '../../lib/reaper/reaper.ts';
import { Teller } from '../../lib/reaper/teller.ts';
import { DemandStore } from '../../lib/store/demand.ts';
import { LostObjects } from '../../lib/store/lost-objects.ts';
import { NodeOrders } from '../../lib/store/node-orders.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { SubscriptionStore } from '../../lib/store/subscriptions.ts';
import type { Table } from '../../lib/store/table.ts';

/** The time as it will be. */
export const clockAhead = (ms: number): Clock => ({
  nowMs: () => Date.now() + ms,
  after: () => {
    throw new Error('the reaper has no timers');
  },
});

/** A reaper as a function's environment makes one. */
export function makeReaper(table: Table, poster: Poster, change: Partial<ReaperOptions> = {}): Reaper {
  return new Reaper({
    nodes: new NodeStore(table),
    orders: new NodeOrders(table),
    demand: new DemandStore(table),
    objects: new LostObjects(table),
    subscriptions: new SubscriptionStore(table),
    teller: new Teller(poster, silentLog, Math.random),
    announce: () => {},
    service: undefined,
    minNodes: 1,
    maxNodes: 10,
    clock: clockAhead(0),
    log: silentLog,
    ...change,
  });
}
