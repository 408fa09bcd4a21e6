import { systemClock } from '../../lib/domain/clock.ts';
import { Reaper } from '../../lib/reaper/reaper.ts';
import { Teller } from '../../lib/reaper/teller.ts';
import { DemandStore } from '../../lib/store/demand.ts';
import { LostObjects } from '../../lib/store/lost-objects.ts';
import { NodeOrders } from '../../lib/store/node-orders.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { SubscriptionStore } from '../../lib/store/subscriptions.ts';
import { openTable } from '../../lib/store/table.ts';
import { createTable } from '../../lib/store/table-definition.ts';
import type { TableMeter } from './table-meter.ts';

/** What the reaper reads in a minute in which nobody calls. */
export async function reaperReadUnits(table: TableMeter): Promise<number> {
  const idle = openTable('idle', table.url);
  await createTable(idle);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const never = async () => {
    throw new Error('an idle table gives the reaper nothing to do');
  };
  const before = table.units.reads;
  await new Reaper({
    nodes: new NodeStore(idle),
    orders: new NodeOrders(idle),
    demand: new DemandStore(idle),
    objects: new LostObjects(idle),
    subscriptions: new SubscriptionStore(idle),
    teller: new Teller({ post: never, disconnect: never }, log, Math.random),
    announce: never,
    service: {
      describe: async () => ({ desired: 0, running: 0, pending: 0, isDeploying: false, deployment: undefined }),
      startedBy: never,
      setDesired: never,
      stopTask: never,
    },
    minNodes: 0,
    maxNodes: 1,
    clock: systemClock,
    log,
  }).run();
  idle.client.destroy();
  return table.units.reads - before;
}
