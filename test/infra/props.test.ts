import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template as CdkTemplate } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { Patchbay } from '../../infra/patchbay.ts';
import type { PatchbayStack } from '../../infra/patchbay-stack.ts';
import type { PatchbayProps } from '../../infra/props.ts';
import { rights } from './support/policies.ts';
import { flat, idsIn, Template } from './support/template.ts';

/** The stack in somebody's own app, with what the properties make of it. */
function deployed(choose: (stack: Stack) => PatchbayProps = () => ({}), stackProps: StackProps = {}) {
  const app = new App({ context: { 'aws:cdk:enable-path-metadata': true } });
  const stack = new Stack(app, 'Mine', stackProps);
  const patchbay = new Patchbay(stack, 'Calls', choose(stack));
  const nested = patchbay.node.findChild('Stack') as PatchbayStack;
  const template = new Template(JSON.stringify(CdkTemplate.fromStack(nested).toJSON()));
  return { patchbay, template, own: CdkTemplate.fromStack(stack) };
}
const containers = (template: Template) =>
  template.only('ECS::TaskDefinition').Properties.ContainerDefinitions as {
    readonly Name: string;
    readonly Environment?: { readonly Name: string; readonly Value: unknown }[];
    readonly Secrets?: { readonly Name: string; readonly ValueFrom: unknown }[];
  }[];
const variable = (template: Template, container: string, name: string): unknown =>
  containers(template)
    .find(({ Name }) => Name === container)
    ?.Environment?.find(({ Name }) => Name === name)?.Value;

test("whose app it is need not set any of CDK's flags, and gets the addresses as outputs", () => {
  const { patchbay, own, template } = deployed();
  expect(
    Object.keys(own.findOutputs('*'))
      .map((id) => id.replace(/^Calls|[0-9A-F]{8}$/g, ''))
      .sort(),
  ).toEqual(['ApiUrl', 'ConsoleUrl', 'EventBusName', 'JwtSecretArn', 'RecordingsBucket']);
  expect(patchbay.jwtSecret).toBeDefined();
  // In the app's own stack there is nothing but the nested one.
  expect(Object.values(own.toJSON().Resources).map((one) => Reflect.get(Object(one), 'Type'))).toEqual([
    'AWS::CloudFormation::Stack',
  ]);
  expect(template.resources.length).toBeGreaterThan(300);
});

test('twice in one stack is two of them', () => {
  const app = new App();
  const stack = new Stack(app, 'Mine');
  new Patchbay(stack, 'One', { stage: 'one' });
  new Patchbay(stack, 'Two', { stage: 'two' });
  expect(app.synth().stacks).toHaveLength(1);
});

test('one stack under two names, as for two branches, shares no name of the account', () => {
  const names = ['calls-a', 'calls-b'].flatMap((stackName) => {
    const { template } = deployed(() => ({}), { stackName });
    const configs = [
      template.only('CloudFront::ResponseHeadersPolicy').Properties.ResponseHeadersPolicyConfig,
      template.only('CloudFront::OriginAccessControl').Properties.OriginAccessControlConfig,
    ];
    const { MetricTransformations } = template.only('Logs::MetricFilter', 'Watch/FaultsLines').Properties;
    return [
      ...configs.map((config) => flat(Reflect.get(Object(config), 'Name'))),
      flat(template.only('CloudWatch::Dashboard').Properties.DashboardName),
      /"MetricNamespace":"(.*?)"/.exec(JSON.stringify(MetricTransformations))?.[1] ?? '',
    ];
  });
  expect(new Set(names).size).toBe(8);
  // Of which CloudFront takes the fewest, 64; the longest Region has 14.
  for (const name of names) expect(name.replace('<AWS::Region>', 'ap-southeast-1').length).toBeLessThanOrEqual(64);
});

describe("a key of the customer's", () => {
  const { template } = deployed((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', keyArn) }));
  const keyArn_ = JSON.stringify(template.only('DynamoDB::Table').Properties.SSESpecification);

  test('encrypts the table and the recordings', () => {
    expect(keyArn_).toContain(keyArn);
    const recordings = template.only('S3::Bucket', 'Recordings/Bucket').Properties;
    expect(JSON.stringify(recordings.BucketEncryption)).toContain(keyArn);
  });

  test('is used by way of the service only, by those who use the table or the bucket', () => {
    const users = template.ofType('IAM::Role').flatMap((role) => {
      const own = rights(template, role).filter(({ resource }) => resource === keyArn);
      for (const { action, condition } of own) {
        expect(action).not.toContain('*');
        expect(condition).toMatch(/kms:ViaService.*"(dynamodb|s3)\./);
      }
      return own.length > 0 ? [role.path] : [];
    });
    expect(users).toContain('Nodes/Task/Role');
    expect(users).toContain('Functions/SessionCreateRole');
    expect(users).not.toContain('Functions/AuthorizeRole');
  });
});
const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/8f3b0a3d-7f2b-4a10-9c1e-2d5a6b7c8d9e';

describe('tokens', () => {
  const auth = (template: Template) =>
    Reflect.get(Object(template.only('Lambda::Function', 'Functions/Authorize').Properties.Environment), 'Variables');

  test('of an issuer with public keys need no secret', () => {
    const jwt = { issuer: 'https://login.example', audience: 'calls', jwksUrl: 'https://login.example/keys' };
    const { template, patchbay } = deployed(() => ({ jwt }));
    expect(auth(template)).toMatchObject({
      PATCHBAY_AUTH: 'jwt',
      PATCHBAY_JWT_ISSUER: 'https://login.example',
      PATCHBAY_JWT_AUDIENCE: 'calls',
      PATCHBAY_JWKS_URL: 'https://login.example/keys',
    });
    expect(auth(template)).not.toHaveProperty('PATCHBAY_JWT_SECRET_ARN');
    expect(template.ofType('SecretsManager::Secret')).toEqual([]);
    expect(patchbay.jwtSecret).toBeUndefined();
  });

  test('are signed with a secret that is there already', () => {
    const { template } = deployed((stack) => ({
      jwt: { issuer: 'me', audience: 'calls', secret: Secret.fromSecretCompleteArn(stack, 'Key', secretArn) },
    }));
    expect(auth(template)).toMatchObject({ PATCHBAY_JWT_SECRET_ARN: secretArn });
    const role = template.only('IAM::Role', 'Functions/AuthorizeRole');
    expect(rights(template, role)).toContainEqual({
      effect: 'Allow',
      action: 'secretsmanager:GetSecretValue',
      resource: secretArn,
      condition: '',
    });
  });

  test('are signed with a secret that is known by its name only: its ARN has six letters more', () => {
    const { template } = deployed((stack) => ({
      jwt: { issuer: 'me', audience: 'calls', secret: Secret.fromSecretNameV2(stack, 'Key', 'calls') },
    }));
    const resources = rights(template, template.only('IAM::Role', 'Functions/AuthorizeRole'))
      .filter(({ action }) => action === 'secretsmanager:GetSecretValue')
      .map(({ resource }) => resource);
    expect(resources).toEqual([expect.stringMatching(/:secret:calls-\?{6}$/)]);
  });

  test('cannot be checked in two ways, or in none', () => {
    expect(() => deployed(() => ({ jwt: { issuer: 'me', audience: 'calls' } }))).toThrow('one of jwksUrl and secret');
  });

  test('are not checked by keys that anyone on the way could exchange', () => {
    const jwt = { issuer: 'https://login.example', audience: 'calls', jwksUrl: 'http://login.example/keys' };
    expect(() => deployed(() => ({ jwt }))).toThrow('jwksUrl');
  });
});
const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:calls-AbCdEf';

describe('engines', () => {
  test('elsewhere come as a secret, for `configure` alone, and the nodes may speak to them', () => {
    const { template } = deployed((stack) => ({
      janus: { urls: Secret.fromSecretCompleteArn(stack, 'Urls', secretArn) },
      freeswitch: 'none',
    }));
    expect(containers(template).map(({ Name }) => Name)).toEqual(['configure', 'controller']);
    const secrets = containers(template).map(({ Secrets = [] }) => Secrets.map(({ Name }) => Name));
    expect(secrets).toEqual([['PATCHBAY_JANUS_URL'], []]);
    expect(variable(template, 'configure', 'PATCHBAY_FREESWITCH_URL')).toBe('none');
    const readers = template
      .ofType('IAM::Role')
      .filter((role) => rights(template, role).some(({ resource }) => resource === secretArn));
    expect(readers.map(({ path }) => path)).toEqual(['Nodes/Task/Definition/ExecutionRole']);
    const { SecurityGroupEgress } = template.only('EC2::SecurityGroup', 'Network/Nodes').Properties;
    expect(SecurityGroupEgress).toContainEqual(
      expect.objectContaining({ IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535 }),
    );
  });

  test.each<[PatchbayProps, string]>([
    [{}, 'X86_64'],
    [{ freeswitch: 'none' }, 'ARM64'],
    [{ freeswitchImage: { name: 'registry.example/fs:1', bin: '/opt/fs' } }, 'ARM64'],
    [{ freeswitch: 'none', nodeArchitecture: 'x86_64' }, 'X86_64'],
  ])('%j: nodes of %s', (props, CpuArchitecture) => {
    const { template } = deployed(() => props);
    expect(template.only('ECS::TaskDefinition').Properties.RuntimePlatform).toMatchObject({ CpuArchitecture });
  });

  test('make another release of the node, as does each change of its task', () => {
    const releases = [
      {},
      { janus: 'none' },
      { drainMinutes: 10 },
      { freeswitchImage: { name: 'registry.example/fs:1' } },
    ].map((props) => variable(deployed(() => props as PatchbayProps).template, 'controller', 'PATCHBAY_RELEASE'));
    expect(new Set(releases).size).toBe(releases.length);
    expect(variable(deployed().template, 'controller', 'PATCHBAY_RELEASE')).toBe(releases[0]);
  });
});

test("a VPC of one's own is used, and no other made", () => {
  const { template } = deployed((stack) => ({
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      publicSubnetIds: ['public-1', 'public-2'],
      isolatedSubnetIds: ['isolated-1', 'isolated-2'],
    }),
  }));
  expect(template.ofType('EC2::VPC')).toEqual([]);
  expect(template.only('Lambda::Function', 'Functions/SessionCreate').Properties.VpcConfig).toMatchObject({
    SubnetIds: ['isolated-1', 'isolated-2'],
  });
  expect(template.only('ECS::Service').Properties.NetworkConfiguration).toMatchObject({
    AwsvpcConfiguration: { Subnets: ['public-1', 'public-2'] },
  });
});

test("a domain of one's own leads to the API, by the hosted zone", () => {
  const { template, patchbay } = deployed((stack) => ({
    domain: {
      name: 'calls.example.com',
      certificate: Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-central-1:1:certificate/c'),
      hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }),
    },
  }));
  expect(patchbay.apiUrl).toBe('wss://calls.example.com');
  expect(template.only('ApiGatewayV2::DomainName').Properties).toMatchObject({ DomainName: 'calls.example.com' });
  expect(template.ofType('ApiGatewayV2::ApiMapping')).toHaveLength(1);
  expect(template.only('Route53::RecordSet').Properties).toMatchObject({ Name: 'calls.example.com.', Type: 'A' });
  // Events still go by the API's own name, which nodes reach without it.
  expect(flat(variable(template, 'controller', 'PATCHBAY_CALLBACK_URL'))).toMatch(/^https:\/\/<Api\w+>\.execute-api\./);
});

test('throttles, warmth and retention are as they are asked for', () => {
  const { template } = deployed((stack) => ({
    stage: 'test',
    throttle: { ratePerSecond: 10, burst: 20 },
    routeThrottles: { 'session/create': { ratePerSecond: 1, burst: 2 } },
    provisionedConcurrency: { 'session/create': 3 },
    waitingConcurrency: 0,
    warmThroughput: { writeUnitsPerSecond: 8000 },
    recordingDays: 30,
    logRetention: RetentionDays.ONE_YEAR,
    tracing: true,
    console: false,
    apiGatewayLogRole: 'existing',
    eventBus: EventBus.fromEventBusName(stack, 'Bus', 'mine'),
    alarmTopic: new Topic(stack, 'Alarms'),
    allowedNetworks: ['10.1.0.0/16'],
  }));
  expect(template.only('ApiGatewayV2::Stage').Properties).toMatchObject({
    DefaultRouteSettings: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
    RouteSettings: { 'session/create': { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 } },
  });
  expect(template.only('Lambda::Alias').Properties).toMatchObject({
    Name: 'live',
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 3 },
  });
  const functions = template.ofType('Lambda::Function').filter(({ path }) => path.startsWith('Functions/'));
  for (const { Properties } of functions) {
    expect(Properties).toMatchObject({ TracingConfig: { Mode: 'Active' } });
    expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  }
  expect(template.only('DynamoDB::Table').Properties.WarmThroughput).toEqual({
    ReadUnitsPerSecond: 12_000,
    WriteUnitsPerSecond: 8000,
  });
  for (const { Properties } of template.ofType('Logs::LogGroup')) expect(Properties.RetentionInDays).toBe(365);
  const { LifecycleConfiguration } = template.only('S3::Bucket', 'Recordings/Bucket').Properties;
  expect(JSON.stringify(LifecycleConfiguration)).toContain('"ExpirationInDays":30');
  for (const type of ['CloudFront::Distribution', 'ApiGateway::Account', 'Events::EventBus']) {
    expect(template.ofType(type), type).toEqual([]);
  }
  for (const { path, Properties } of template.ofType('CloudWatch::Alarm')) {
    expect(Properties.AlarmActions, path).toHaveLength(1);
    expect(Properties.OKActions, path).toEqual(Properties.AlarmActions);
  }
  expect(variable(template, 'controller', 'PATCHBAY_ALLOWED_NETWORKS')).toBe('10.1.0.0/16');
});

test('the authorizer and the routes call what is kept warm', () => {
  const { template } = deployed(() => ({ provisionedConcurrency: { authorize: 1, connect: 2 } }));
  const aliases = template.ofType('Lambda::Alias').map(({ id }) => id);
  expect(aliases).toHaveLength(2);
  const [authorizer] = template.ofType('ApiGatewayV2::Authorizer');
  const connect = template.ofType('ApiGatewayV2::Integration').filter(({ path }) => path.startsWith('Api/OnConnect'));
  expect(idsIn(authorizer?.Properties.AuthorizerUri)).toContain(aliases.find((id) => id.includes('Authorize')));
  expect(idsIn(connect.map(({ Properties }) => Properties))).toContain(aliases.find((id) => id.includes('Connect')));
  // API Gateway may call both.
  const called = template.ofType('Lambda::Permission').flatMap(({ Properties }) => idsIn(Properties.FunctionName));
  expect(called).toEqual(expect.arrayContaining(aliases));
});

describe('what looks at a stage', () => {
  const insights = (template: Template) => template.only('ECS::Cluster').Properties.ClusterSettings;

  test('is there without a choice: alarms, a dashboard, Container Insights', () => {
    const { template } = deployed(() => ({ minNodes: 0 }));
    const alarms = template.ofType('CloudWatch::Alarm').map(({ path }) => path);
    expect(alarms).toContain('Watch/Errors');
    // Where there may be no node at all, that there is none is no fault.
    expect(alarms).not.toContain('Watch/NoNode');
    expect(template.ofType('CloudWatch::Dashboard')).toHaveLength(1);
    expect(insights(template)).toEqual([{ Name: 'containerInsights', Value: 'enabled' }]);
  });

  test('can be left out, and the nodes still scale by what they tell', () => {
    const { template } = deployed(() => ({ watch: false, containerInsights: false }));
    for (const type of ['CloudWatch::Alarm', 'CloudWatch::Dashboard', 'Logs::MetricFilter']) {
      expect(template.ofType(type), type).toEqual([]);
    }
    expect(insights(template)).toEqual([{ Name: 'containerInsights', Value: 'disabled' }]);
    expect(template.ofType('ApplicationAutoScaling::ScalingPolicy')).toHaveLength(2);
    expect(variable(template, 'controller', 'PATCHBAY_METRICS')).toBe('cloudwatch');
  });

  test('cannot be told of without being there', () => {
    expect(() => deployed((stack) => ({ watch: false, alarmTopic: new Topic(stack, 'Alarms') }))).toThrow('alarmTopic');
  });
});

test.each<[PatchbayProps, string]>([
  [{ stage: 'a b' }, 'stage'],
  [{ minNodes: -1 }, 'minNodes'],
  [{ minNodes: 3, maxNodes: 2 }, 'maxNodes'],
  [{ drainMinutes: 151 }, 'drainMinutes'],
  [{ nodeSize: { cpu: 1024, memoryMiB: 2048, diskGiB: 20, sessions: 1 } }, 'nodeSize.diskGiB'],
  [{ nodeSize: { cpu: 1000, memoryMiB: 4096, diskGiB: 21, sessions: 1 } }, 'nodeSize.cpu'],
  [{ nodeSize: { cpu: 2048, memoryMiB: 2048, diskGiB: 21, sessions: 1 } }, 'nodeSize.memoryMiB'],
  [{ nodeSize: { cpu: 256, memoryMiB: 1536, diskGiB: 21, sessions: 1 } }, 'nodeSize.memoryMiB'],
  [{ nodeSize: { cpu: 8192, memoryMiB: 17_408, diskGiB: 21, sessions: 1 } }, 'nodeSize.memoryMiB'],
  [{ nodeSize: { cpu: 1024, memoryMiB: 2048, diskGiB: 21, sessions: 0 } }, 'nodeSize.sessions'],
  [{ drainMinutes: 1.5 }, 'drainMinutes'],
  [{ recordingDays: 0 }, 'recordingDays'],
  [{ waitingConcurrency: -1 }, 'waitingConcurrency'],
  [{ provisionedConcurrency: { connect: 0.5 } }, 'provisionedConcurrency of connect'],
  [{ warmThroughput: { readUnitsPerSecond: 11_999 } }, 'warmThroughput.readUnitsPerSecond'],
  [{ warmThroughput: { writeUnitsPerSecond: 3999 } }, 'warmThroughput.writeUnitsPerSecond'],
  [{ throttle: { ratePerSecond: 1, burst: 0.5 } }, 'throttle'],
  [{ routeThrottles: { 'session/create': { ratePerSecond: -1, burst: 1 } } }, 'routeThrottles of session/create'],
  [{ janus: 'none', freeswitch: 'none' }, 'janus'],
  [{ nodeArchitecture: 'arm64' }, 'nodeArchitecture'],
  [{ functionSubnets: [] }, 'functionSubnets'],
  [{ routeThrottles: { 'session/crate': { ratePerSecond: 1, burst: 1 } } }, 'session/crate'],
  [{ provisionedConcurrency: { 'session/crate': 1 } }, 'session/crate'],
  [{ provisionedConcurrency: { reap: 1 } }, 'reap'],
  [{ provisionedConcurrency: { 'session/get_offer': 101 } }, 'waitingConcurrency'],
])('%j is refused by its name', (props, name) => {
  expect(() => deployed(() => props)).toThrow(name);
});
