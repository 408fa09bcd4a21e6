import { Duration, Stack } from 'aws-cdk-lib';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  Cluster,
  ContainerInsights,
  FargateService,
  PropagatedTagSource,
} from 'aws-cdk-lib/aws-ecs';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { nodeTableNeeds } from '../../lib/command/needs.ts';
import type { Api } from './api.ts';
import { explain, explainWildcards } from './findings.ts';
import { nodeMetric } from './metrics.ts';
import { controllerPort, type Network } from './network.ts';
import type { Recordings } from './recordings.ts';
import type { Records } from './records.ts';
import { MediaTask, type TaskProps } from './task.ts';

export interface MediaNodesProps extends Omit<TaskProps, 'environment'> {
  readonly network: Network;
  readonly records: Records;
  readonly api: Api;
  readonly recordings: Recordings;
  readonly bus: IEventBus;
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly drainMinutes: number;
  readonly allowedNetworks?: readonly string[] | undefined;
  readonly containerInsights: boolean;
}

const withoutInsights =
  'Each node logs, and tells CloudWatch each minute of its sessions, load, engines and lost events; ECS tells of CPU and memory of the service without it. Nothing that an alarm or the scaling waits for comes from Container Insights, which is one property away where its network and disk figures are wanted.';

/** Room for the calls that come while another node starts, which takes a minute or two. */
const targetPercent = 60;

/** One service of media nodes, each a task with a public address of its own. */
export class MediaNodes extends Construct {
  readonly cluster: Cluster;
  readonly service: FargateService;
  readonly task: MediaTask;

  constructor(scope: Construct, id: string, props: MediaNodesProps) {
    super(scope, id);
    const { network, records, api, recordings, bus } = props;
    this.cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: props.containerInsights ? ContainerInsights.ENABLED : ContainerInsights.DISABLED,
    });
    if (!props.containerInsights) explain(this.cluster, { ECS4: withoutInsights });
    this.task = new MediaTask(this, 'Task', {
      ...props,
      environment: {
        table: records.table.tableName,
        callbackUrl: api.callbackUrl,
        nodePort: String(controllerPort),
        nodeCapacity: String(props.size.sessions),
        drainSeconds: String(props.drainMinutes * 60),
        recordingsBucket: recordings.bucket.bucketName,
        eventBus: bus.eventBusName,
        // A node with a public address of its own finds clients by their checks: nothing can be aimed at a third host.
        clientCandidates: 'none',
        metrics: 'cloudwatch',
        publicIpUrl: 'https://checkip.amazonaws.com',
        ...(props.allowedNetworks && { allowedNetworks: props.allowedNetworks.join(',') }),
      },
    });
    this.#permit(props);

    this.service = new FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: this.task.definition,
      assignPublicIp: true,
      vpcSubnets: { subnets: [...network.nodeSubnets] },
      securityGroups: [network.nodes],
      // New nodes come up beside the old ones, which stay protected until their calls have ended.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      // A node full of calls is not to be moved for the sake of balance.
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
      enableECSManagedTags: true,
      // Tasks are what costs most: the bill tells the stage by its tag.
      propagateTags: PropagatedTagSource.SERVICE,
    });
    // A task that starts before its rights are there cannot have its images, secrets and log, and counts as a deployment's fault.
    this.service.node.addDependency(this.task.definition.obtainExecutionRole());
    // One that starts before there is a way out cannot have its images.
    for (const subnet of network.nodeSubnets) this.service.node.addDependency(subnet.internetConnectivityEstablished);
    if (typeof props.janus === 'object' || typeof props.freeswitch === 'object') {
      network.nodes.addEgressRule(Peer.anyIpv4(), Port.allTcp(), 'to engines elsewhere');
    }
    this.#scale(props);
  }

  #permit({ records, api, recordings, bus }: MediaNodesProps): void {
    const { role } = this.task;
    records.grant(role, nodeTableNeeds);
    recordings.grantWrite(role);
    api.grantCallback(role, 'POST', 'DELETE');
    role.addToPolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }));
    const tasks = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task',
      resourceName: `${this.cluster.clusterName}/*`,
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'], resources: [tasks] }),
    );
    explainWildcards(
      role,
      'A node protects itself, one task of this cluster; its id is not known before it runs.',
      tasks,
    );
  }

  /** Out only. In is the reaper's, which drains a node before it goes. */
  #scale({ records, minNodes, maxNodes }: MediaNodesProps): void {
    const count = this.service.autoScaleTaskCount({ minCapacity: minNodes, maxCapacity: maxNodes });
    const patience = { disableScaleIn: true, scaleOutCooldown: Duration.minutes(2) };
    count.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: targetPercent, ...patience });
    count.scaleToTrackCustomMetric('Load', {
      metric: nodeMetric(records.table, 'LoadPercent'),
      targetValue: targetPercent,
      ...patience,
    });
  }
}
