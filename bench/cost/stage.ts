import { nodeMetrics } from '../../lib/domain/metric-names.ts';
import { insightsMetrics } from './insights.ts';

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}
interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** What AWS bills of a stage because it is there, whether anybody calls or not: counted in its template. */
export interface Stage {
  readonly minNodes: number;
  /** AWS bills an alarm by the metrics that it looks at: two for the sum of two. */
  readonly alarmMetrics: number;
  /** Those that the scaling makes for itself, which are in no template. */
  readonly scalingAlarms: number;
  readonly dashboards: number;
  readonly secrets: number;
  readonly keys: number;
  readonly natGateways: number;
  readonly loadBalancers: number;
  /** By the hour; those to S3 and DynamoDB are gateways, which cost nothing. */
  readonly interfaceEndpoints: number;
  /** Made of lines of the log: billed in the hours in which there is one. */
  readonly logMetrics: number;
  /** Billed in the hours in which a node runs, as are the next. */
  readonly nodeMetrics: number;
  readonly insightsMetrics: number;
  readonly scheduledRunsPerHour: number;
  readonly scheduledMemoryMb: number;
  readonly images: number;
  readonly node: {
    readonly vCpu: number;
    readonly memoryGb: number;
    readonly diskGb: number;
    readonly publicAddresses: number;
    /** That run as long as the node does. */
    readonly containers: number;
  };
  /** API Gateway's, `$context.…` and all. */
  readonly accessLogFormat: string;
  /** Whether the VPC logs what it refuses. */
  readonly flowLogs: number;
}

type Values = Readonly<Record<string, unknown>>;
const values = (value: unknown): Values => Object(value);
const list = (value: unknown): readonly Values[] => (Array.isArray(value) ? value.map(values) : []);

/** @throws Error for a template that is not a stage's, or has a schedule that it cannot read */
export function stageOf({ Resources }: Template): Stage {
  const all = Object.entries(Resources).map(([id, { Type, Properties }]) => ({ id, Type, ...values(Properties) }));
  const of = (type: string): readonly Values[] => all.filter(({ Type }) => Type === `AWS::${type}`);
  const one = (type: string): Values => {
    const [found, ...others] = of(type);
    if (!found || others.length > 0) throw new Error(`not one ${type}`);
    return found;
  };
  const task = one('ECS::TaskDefinition');
  const containers = list(task.ContainerDefinitions);
  const network = values(values(one('ECS::Service').NetworkConfiguration).AwsvpcConfiguration);
  const schedules = of('Events::Rule').filter(({ ScheduleExpression }) => ScheduleExpression !== undefined);
  return {
    minNodes: Number(one('ApplicationAutoScaling::ScalableTarget').MinCapacity),
    alarmMetrics: sum(of('CloudWatch::Alarm').map(metricsOf)),
    scalingAlarms: sum(of('ApplicationAutoScaling::ScalingPolicy').map(alarmsOf)),
    dashboards: of('CloudWatch::Dashboard').length,
    secrets: of('SecretsManager::Secret').length,
    keys: of('KMS::Key').length,
    natGateways: of('EC2::NatGateway').length,
    loadBalancers: of('ElasticLoadBalancingV2::LoadBalancer').length,
    interfaceEndpoints: of('EC2::VPCEndpoint').filter(
      ({ VpcEndpointType = 'Gateway' }) => VpcEndpointType !== 'Gateway',
    ).length,
    logMetrics: of('Logs::MetricFilter').length,
    nodeMetrics: Object.keys(nodeMetrics).length,
    insightsMetrics: insightsMetrics(insightsOf(one('ECS::Cluster'))),
    scheduledRunsPerHour: sum(schedules.map(runsPerHour)),
    scheduledMemoryMb: Math.max(0, ...schedules.flatMap((rule) => targets(rule, all).map(memoryOf))),
    images: new Set(containers.map(({ Image }) => JSON.stringify(Image))).size,
    node: {
      vCpu: Number(task.Cpu) / 1024,
      memoryGb: Number(task.Memory) / 1024,
      diskGb: Number(values(task.EphemeralStorage).SizeInGiB),
      publicAddresses: network.AssignPublicIp === 'ENABLED' ? 1 : 0,
      // `configure` ends before the others begin.
      containers: containers.filter(({ Command }) => Command === undefined).length,
    },
    accessLogFormat: String(values(one('ApiGatewayV2::Stage').AccessLogSettings).Format),
    flowLogs: of('EC2::FlowLog').length,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** An alarm on one metric names it; one on an expression lists what goes into it. */
const metricsOf = ({ MetricName, Metrics }: Values): number =>
  MetricName === undefined ? list(Metrics).filter(({ MetricStat }) => MetricStat !== undefined).length : 1;

/** One to scale out, another to scale in unless that is left to others. */
const alarmsOf = ({ TargetTrackingScalingPolicyConfiguration }: Values): number =>
  values(TargetTrackingScalingPolicyConfiguration).DisableScaleIn === true ? 1 : 2;

const insightsOf = ({ ClusterSettings }: Values): string =>
  String(list(ClusterSettings).find(({ Name }) => Name === 'containerInsights')?.Value ?? 'disabled');

function runsPerHour({ ScheduleExpression }: Values): number {
  const [, minutes] = /^rate\((\d+) minutes?\)$/.exec(String(ScheduleExpression)) ?? [];
  if (minutes === undefined) throw new Error(`a schedule of ${ScheduleExpression}`);
  return 60 / Number(minutes);
}

const targets = ({ Targets }: Values, all: readonly Values[]): readonly Values[] =>
  list(Targets).flatMap(({ Arn }) => all.filter(({ id }) => JSON.stringify(Arn).includes(`"${id}"`)));

const memoryOf = ({ MemorySize }: Values): number => Number(MemorySize);
