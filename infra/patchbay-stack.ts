import { NestedStack, Tags } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { useFlags } from './cdk-flags.ts';
import { Api } from './constructs/api.ts';
import { Authorizer } from './constructs/authorizer.ts';
import { Console } from './constructs/console.ts';
import { Domain } from './constructs/domain.ts';
import { Functions } from './constructs/functions.ts';
import { Logs } from './constructs/logs.ts';
import { MediaNodes } from './constructs/media-nodes.ts';
import { Network } from './constructs/network.ts';
import { Reaper } from './constructs/reaper.ts';
import { Recordings } from './constructs/recordings.ts';
import { Records } from './constructs/records.ts';
import { Watch } from './constructs/watch.ts';
import type { PatchbayProps } from './props.ts';

/** patchbay on AWS, part by part. What is chosen, and what happens without a choice: `props.ts`. */
export class PatchbayStack extends NestedStack {
  readonly recordings: Recordings;
  readonly bus: IEventBus;
  readonly network: Network;
  readonly api: Api;
  readonly authorizer: Authorizer;
  readonly domain: Domain | undefined;
  readonly console: Console | undefined;

  constructor(scope: Construct, id: string, props: PatchbayProps) {
    super(scope, id, { description: 'patchbay: a control plane for media on Janus and FreeSWITCH' });
    const {
      stage = 'prod',
      minNodes = 1,
      maxNodes = 10,
      drainMinutes = 60,
      keepData = true,
      waitingConcurrency = 100,
      logRetention: retention = RetentionDays.ONE_MONTH,
    } = props;
    useFlags(this);
    Tags.of(this).add('patchbay:stage', stage);

    const logs = new Logs(this, 'Logs', { retention });

    // What is kept: records in one table, recordings in a bucket. What happens: events on a bus.
    const records = new Records(this, 'Records', { ...props, keepData });
    const recordings = new Recordings(this, 'Recordings', { ...props, logs, keepData, accessLogDays: 90 });
    const bus = props.eventBus ?? new EventBus(this, 'Bus', { description: 'patchbay: events of sessions and rooms' });

    // Functions in isolated subnets, nodes in public ones.
    const network = new Network(this, 'Network', { ...props, records, logs });

    // One function a command, by the WebSocket API's routes.
    const functions = new Functions(this, 'Functions', {
      ...props,
      records,
      network,
      logs,
      tracing: props.tracing ?? false,
      waitingConcurrency: waitingConcurrency || undefined,
    });
    const authorizer = new Authorizer(this, 'Authorizer', { functions, jwt: props.jwt, stage });
    const api = new Api(this, 'Api', {
      ...props,
      functions,
      logs,
      stage,
      throttle: props.throttle ?? { ratePerSecond: 1000, burst: 2000 },
      logRole: props.apiGatewayLogRole ?? 'make',
    });
    const domain = props.domain && new Domain(this, 'Domain', { ...props.domain, api });

    // Where the media is: tasks with a controller, Janus and FreeSWITCH.
    const nodes = new MediaNodes(this, 'Nodes', {
      network,
      records,
      api,
      recordings,
      bus,
      logs,
      size: props.nodeSize ?? { cpu: 2048, memoryMiB: 4096, diskGiB: 30, sessions: 200 },
      minNodes,
      maxNodes,
      drainMinutes,
      allowedNetworks: props.allowedNetworks,
      containerInsights: props.containerInsights ?? true,
      architecture: props.nodeArchitecture,
      janus: props.janus ?? 'own',
      freeswitch: props.freeswitch ?? 'own',
      freeswitchImage: props.freeswitchImage,
    });
    new Reaper(this, 'Reaper', { functions, nodes, api, bus, minNodes, maxNodes, alone: waitingConcurrency > 0 });

    // For people.
    this.console = (props.console ?? true) ? new Console(this, 'Console', { api, logs, recordings }) : undefined;
    if (props.watch ?? true)
      new Watch(this, 'Watch', { api, functions, nodes, records, logs, stage, minNodes, topic: props.alarmTopic });

    this.recordings = recordings;
    this.bus = bus;
    this.network = network;
    this.authorizer = authorizer;
    this.api = api;
    this.domain = domain;
  }
}
