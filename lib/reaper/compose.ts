import { nodeService } from '../aws/node-service.ts';
import { powertoolsLog } from '../aws/powertools-log.ts';
import { awsUrl } from '../aws/signed-request.ts';
import { systemClock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { need, read, readInteger } from '../env.ts';
import { signedBusSender } from '../push/signed-bus-sender.ts';
import { signedPoster } from '../push/signed-poster.ts';
import { DemandStore } from '../store/demand.ts';
import { LostObjects } from '../store/lost-objects.ts';
import { NodeOrders } from '../store/node-orders.ts';
import { NodeStore } from '../store/nodes.ts';
import { SubscriptionStore } from '../store/subscriptions.ts';
import { openTable } from '../store/table.ts';
import { Announcer } from './announcer.ts';
import { Reaper } from './reaper.ts';
import { Teller } from './teller.ts';

function announcerTo(bus: string | undefined, region: string, log: Log): Announcer | undefined {
  const url = read('eventsEndpoint') ?? awsUrl('events', region);
  return bus === undefined ? undefined : new Announcer(signedBusSender(bus, url, region), log, Math.random);
}

/** The reaper of the environment's table, service and API. */
export function reaper(): Reaper {
  const table = openTable(need('table'), read('dynamodbEndpoint'));
  const log = powertoolsLog();
  const region = process.env.AWS_REGION ?? 'us-east-1';
  const announcer = announcerTo(read('eventBus'), region, log);
  return new Reaper({
    nodes: new NodeStore(table),
    orders: new NodeOrders(table),
    demand: new DemandStore(table),
    objects: new LostObjects(table),
    subscriptions: new SubscriptionStore(table),
    teller: new Teller(signedPoster(need('callbackUrl'), region), log, Math.random),
    announce: async (tenant, event) => announcer?.announce(tenant, event),
    service: nodeService(),
    minNodes: readInteger('minNodes', 1),
    maxNodes: readInteger('maxNodes', 1),
    clock: systemClock,
    log,
  });
}
