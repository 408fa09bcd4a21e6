import { nodeService } from '../aws/node-service.ts';
import { powertoolsLog } from '../aws/powertools-log.ts';
import { systemClock } from '../domain/clock.ts';
import { need, read, readInteger } from '../env.ts';
import { signedPoster } from '../push/signed-poster.ts';
import { DemandStore } from '../store/demand.ts';
import { LostObjects } from '../store/lost-objects.ts';
import { NodeOrders } from '../store/node-orders.ts';
import { NodeStore } from '../store/nodes.ts';
import { SubscriptionStore } from '../store/subscriptions.ts';
import { openTable } from '../store/table.ts';
import { Reaper } from './reaper.ts';
import { Teller } from './teller.ts';

/** The reaper of the environment's table, service and API. */
export function reaper(): Reaper {
  const table = openTable(need('table'), read('dynamodbEndpoint'));
  const log = powertoolsLog();
  return new Reaper({
    nodes: new NodeStore(table),
    orders: new NodeOrders(table),
    demand: new DemandStore(table),
    objects: new LostObjects(table),
    subscriptions: new SubscriptionStore(table),
    teller: new Teller(signedPoster(need('callbackUrl'), process.env.AWS_REGION ?? 'us-east-1'), log, Math.random),
    service: nodeService(),
    minNodes: readInteger('minNodes', 1),
    maxNodes: readInteger('maxNodes', 1),
    clock: systemClock,
    log,
  });
}
