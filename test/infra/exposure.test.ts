import { describe, expect, test } from 'vitest';
import { nodeFiles } from '../../lib/configure/node-files.ts';
import { mounts } from '../support/mounts.ts';
import { idsIn, stages, templateOf } from './support/template.ts';

interface Rule {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly CidrIp?: string;
}

interface Mount {
  readonly SourceVolume: string;
  readonly ContainerPath: string;
}

/** What EC2 takes in descriptions; CloudFormation finds out only while it deploys. */
const takenByEc2 = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;

describe.each(stages)('%s', (stage) => {
  const template = templateOf(stage);
  test('descriptions of security groups are such as EC2 takes', () => {
    const kinds = ['EC2::SecurityGroup', 'EC2::SecurityGroupIngress', 'EC2::SecurityGroupEgress'];
    const all = kinds.flatMap((kind) => template.ofType(kind)).map(({ Properties }) => JSON.stringify(Properties));
    const texts = all.flatMap((text) => [...text.matchAll(/"(?:Group)?Description":"((?:[^"\\]|\\.)*)"/g)]);
    expect(texts.length).toBeGreaterThan(6);
    for (const [, text] of texts) expect(text).toMatch(takenByEc2);
  });

  const nodes = template.only('EC2::SecurityGroup', 'Network/Nodes');
  const functions = template.only('EC2::SecurityGroup', 'Network/Functions');

  test("a node takes media of anybody, and the functions' calls; no port of an engine is reachable", () => {
    expect(nodes.Properties.SecurityGroupIngress).toEqual([
      { CidrIp: '0.0.0.0/0', Description: 'media of clients', FromPort: 10_000, IpProtocol: 'udp', ToPort: 59_999 },
    ]);
    const between = template.ofType('EC2::SecurityGroupIngress').map(({ Properties }) => Properties);
    expect(between).toEqual([
      {
        Description: 'functions to the controller',
        FromPort: 8080,
        ToPort: 8080,
        IpProtocol: 'tcp',
        GroupId: { 'Fn::GetAtt': [nodes.id, 'GroupId'] },
        SourceSecurityGroupId: { 'Fn::GetAtt': [functions.id, 'GroupId'] },
      },
    ]);
    // Janus: 8188 and 7188; FreeSWITCH: 8021 and 5060; all of them TCP, and SIP UDP below the range.
    const udp = (nodes.Properties.SecurityGroupIngress as Rule[])[0];
    for (const port of [8188, 7188, 8021, 5060]) expect(port < (udp?.FromPort ?? 0)).toBe(true);
  });

  test('no container maps a port, and nothing is in front of the nodes', () => {
    const containers = template.only('ECS::TaskDefinition').Properties.ContainerDefinitions as object[];
    for (const container of containers) expect(container).not.toHaveProperty('PortMappings');
    expect(template.only('ECS::Service').Properties).not.toHaveProperty('LoadBalancers');
    expect(template.only('ECS::TaskDefinition').Properties.NetworkMode).toBe('awsvpc');
  });

  test('nobody calls functions from the network, and they call the nodes and the table only', () => {
    expect(functions.Properties).not.toHaveProperty('SecurityGroupIngress');
    expect(functions.Properties.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }),
    ]);
    const between = template.ofType('EC2::SecurityGroupEgress').map(({ Properties }) => Properties);
    expect(between).toEqual([
      expect.objectContaining({
        FromPort: 8080,
        ToPort: 8080,
        GroupId: { 'Fn::GetAtt': [functions.id, 'GroupId'] },
        DestinationSecurityGroupId: { 'Fn::GetAtt': [nodes.id, 'GroupId'] },
      }),
    ]);
  });

  test("there is no way from the functions' subnets to the internet: no route, no NAT", () => {
    expect(template.ofType('EC2::NatGateway')).toEqual([]);
    const tables = template.ofType('EC2::Route').flatMap(({ Properties }) => idsIn(Properties.RouteTableId));
    expect(tables.map((id) => template.byId(id).path).every((path) => path.includes('NodesSubnet'))).toBe(true);
    // S3's endpoint is the nodes' only.
    const s3 = template.only('EC2::VPCEndpoint', 'Network/Vpc/S3');
    const paths = idsIn(s3.Properties.RouteTableIds).map((id) => template.byId(id).path);
    expect(paths.every((path) => path.includes('NodesSubnet'))).toBe(true);
  });

  test('containers run as nobody, without capabilities, on a file system that they cannot write to', () => {
    const { ContainerDefinitions } = template.only('ECS::TaskDefinition').Properties;
    expect(ContainerDefinitions).toMatchObject(
      ['configure', 'controller', 'janus', 'freeswitch'].map((Name) => ({
        Name,
        User: '10001:10001',
        ReadonlyRootFilesystem: true,
        LinuxParameters: { Capabilities: { Drop: ['ALL'] } },
        StopTimeout: 120,
        Ulimits: [{ Name: 'nofile', SoftLimit: 65_536, HardLimit: 65_536 }],
        Essential: Name === 'controller',
        ...(Name !== 'configure' && {
          DependsOn: [{ ContainerName: 'configure', Condition: 'SUCCESS' }],
          RestartPolicy: { Enabled: true },
          HealthCheck:
            Name === 'controller'
              ? { Command: ['CMD', '/opt/patchbay/healthy'], StartPeriod: 300, Interval: 30, Retries: 5 }
              : { Command: ['CMD', 's6-svok', `/run/patchbay/${Name}/s6/${Name}`], StartPeriod: 60 },
        }),
      })),
    );
  });

  test('each container sees what is its own, and the recordings: no engine can write to what the controller starts from', () => {
    const { ContainerDefinitions, Volumes } = template.only('ECS::TaskDefinition').Properties;
    const containers = ContainerDefinitions as { readonly Name: string; readonly MountPoints: readonly Mount[] }[];
    for (const { Name, MountPoints } of containers) {
      const expected = (mounts[Name] ?? []).map(([SourceVolume, ContainerPath]) => ({ SourceVolume, ContainerPath }));
      expect(MountPoints).toEqual(expected.map((one) => ({ ...one, ReadOnly: false })));
    }
    // Of the task alone: nothing of a host.
    expect(Volumes).toEqual(['controller', 'janus', 'freeswitch', 'data'].map((Name) => ({ Name })));

    const volumeOf = (container: string, path: string) =>
      containers
        .find(({ Name }) => Name === container)
        ?.MountPoints.find(({ ContainerPath }) => path.startsWith(`${ContainerPath}/`))?.SourceVolume;
    const { environment, served } = nodeFiles('/run/patchbay');
    for (const path of [environment, served, '/run/patchbay/controller/s6/controller/run']) {
      const volume = volumeOf('controller', path);
      expect(volume).toBeDefined();
      const others = containers.filter(({ MountPoints }) => MountPoints.some((one) => one.SourceVolume === volume));
      expect(others.map(({ Name }) => Name)).toEqual(['configure', 'controller']);
    }
  });

  test('nodes scale out by load and CPU, never in, and a deployment leaves their number as it is', () => {
    const policies = template.ofType('ApplicationAutoScaling::ScalingPolicy').map(({ Properties }) => Properties);
    const metrics = policies.map(
      ({ TargetTrackingScalingPolicyConfiguration }) => TargetTrackingScalingPolicyConfiguration,
    );
    expect(metrics).toMatchObject([
      {
        DisableScaleIn: true,
        TargetValue: 60,
        PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
      },
      {
        DisableScaleIn: true,
        TargetValue: 60,
        CustomizedMetricSpecification: { Namespace: 'Patchbay', MetricName: 'LoadPercent', Statistic: 'Average' },
      },
    ]);
    const service = template.only('ECS::Service').Properties;
    expect(service).not.toHaveProperty('DesiredCount');
    expect(service).toMatchObject({
      AvailabilityZoneRebalancing: 'DISABLED',
      DeploymentConfiguration: { MinimumHealthyPercent: 100, MaximumPercent: 200 },
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED' } },
    });
    expect(template.only('ApplicationAutoScaling::ScalableTarget').Properties).toMatchObject({
      MinCapacity: stage === 'prod' ? 1 : 0,
      MaxCapacity: 10,
    });
  });

  test("the reaper runs each minute and when a node's task stops, and nothing tries it again", () => {
    const rules = template.ofType('Events::Rule').map(({ Properties }) => Properties);
    expect(rules.map(({ ScheduleExpression }) => ScheduleExpression)).toContain('rate(1 minute)');
    expect(rules.map(({ EventPattern }) => EventPattern)).toContainEqual({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        clusterArn: [{ 'Fn::GetAtt': [template.only('ECS::Cluster').id, 'Arn'] }],
        lastStatus: ['STOPPED'],
      },
    });
    for (const { Targets } of rules) expect(Targets).toMatchObject([{ RetryPolicy: { MaximumRetryAttempts: 0 } }]);
    expect(template.only('Lambda::EventInvokeConfig').Properties).toMatchObject({ MaximumRetryAttempts: 0 });
  });
});
