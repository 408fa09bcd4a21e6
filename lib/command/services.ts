import { powertoolsLog } from '../aws/powertools-log.ts';
import { type Clock, systemClock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { need, read } from '../env.ts';
import { ConnectionStore } from '../store/connections.ts';
import { DemandStore } from '../store/demand.ts';
import { NodeStore } from '../store/nodes.ts';
import { RoomStore } from '../store/rooms.ts';
import { SessionStore } from '../store/sessions.ts';
import { SubscriptionStore } from '../store/subscriptions.ts';
import { openTable } from '../store/table.ts';
import { NodeClient } from './node-client.ts';
import { NodeDirectory } from './node-directory.ts';

/** What handlers work with. */
export interface Services {
  readonly connections: ConnectionStore;
  readonly sessions: SessionStore;
  readonly rooms: RoomStore;
  readonly subscriptions: SubscriptionStore;
  readonly demand: DemandStore;
  readonly directory: NodeDirectory;
  readonly nodes: NodeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
}

let made: Services | undefined;

/** Made at the first message, kept while the function's environment is warm. */
export function services(): Services {
  made ??= compose();
  return made;
}

function compose(): Services {
  const table = openTable(need('table'), read('dynamodbEndpoint'));
  const directory = new NodeDirectory(new NodeStore(table), systemClock);
  return {
    connections: new ConnectionStore(table),
    sessions: new SessionStore(table),
    rooms: new RoomStore(table),
    subscriptions: new SubscriptionStore(table),
    demand: new DemandStore(table),
    directory,
    nodes: new NodeClient(directory, systemClock),
    clock: systemClock,
    log: powertoolsLog(),
    random: Math.random,
  };
}
