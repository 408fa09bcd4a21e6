import { describe, expect, test } from 'vitest';
import {
  type FunctionName,
  functionNames,
  leadingKeys,
  needs,
  nodeTableNeeds,
  operations,
  type RecordKind,
  type TableNeeds,
} from '../../lib/command/needs.ts';
import { variables } from '../../lib/env.ts';
import { line, type Right, rights } from './support/policies.ts';
import { idsIn, type Resource, stages, templateOf } from './support/template.ts';

const actions = { get: 'GetItem', query: 'Query', put: 'PutItem', update: 'UpdateItem', delete: 'DeleteItem' } as const;

/** What Lambda itself needs a role for, to put a function into the VPC: on everything, and denied to the function's code. */
const interfaceActions = [
  'AssignPrivateIpAddresses',
  'CreateNetworkInterface',
  'DeleteNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'UnassignPrivateIpAddresses',
].map((name) => `ec2:${name}`);
const logOf = (name: FunctionName): string => (name === 'authorize' ? 'Logs/Authorizer' : 'Logs/Functions');
const account = '<AWS::Region>:<AWS::AccountId>';
const fromCode = JSON.stringify({
  ArnLike: {
    'lambda:SourceFunctionArn': {
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':lambda:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':function:*',
        ],
      ],
    },
  },
});

describe.each(stages)('%s', (stage) => {
  const template = templateOf(stage);
  const only = (type: string, path?: string) => template.only(type, path).id;
  const table = `<${only('DynamoDB::Table')}.Arn>`;
  const connections = `arn:<AWS::Partition>:execute-api:${account}:<${only('ApiGatewayV2::Api')}>/${stage}`;
  const tasks = `arn:<AWS::Partition>:ecs:${account}:task/<${only('ECS::Cluster')}>/*`;

  const onTable = (declared: TableNeeds): Right[] =>
    operations.flatMap((operation) => {
      const { onNode, ...records } = declared;
      const right = (resource: string, kinds: readonly RecordKind[]) => ({
        effect: 'Allow',
        action: `dynamodb:${actions[operation]}`,
        resource,
        condition: JSON.stringify({
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => leadingKeys[kind]) },
        }),
      });
      const kinds = (Object.keys(records) as RecordKind[]).filter((kind) => declared[kind]?.includes(operation));
      return [
        ...(kinds.length > 0 ? [right(table, kinds)] : []),
        ...(onNode?.includes(operation) ? [right(`${table}/index/on_node`, ['onNode'])] : []),
      ];
    });
  const plain = (resource: string, ...names: readonly string[]): Right[] =>
    names.map((action) => ({ effect: 'Allow', action, resource, condition: '' }));
  /** In any order, the keys of a condition too. */
  const lines = (all: readonly Right[]) => all.map((one) => line({ ...one, condition: sorted(one.condition) })).sort();

  const service = plain(`<${only('ECS::Service')}>`, 'ecs:DescribeServices', 'ecs:UpdateService');
  const more: Partial<Record<FunctionName, Right[]>> = {
    authorize: plain(`<${only('SecretsManager::Secret')}>`, 'secretsmanager:GetSecretValue'),
    connect: service,
    reap: [
      ...service,
      ...plain(tasks, 'ecs:DescribeTasks', 'ecs:StopTask'),
      ...plain(`${connections}/POST/@connections/*`, 'execute-api:ManageConnections'),
      ...plain(`<${only('Events::EventBus')}.Arn>`, 'events:PutEvents'),
    ],
  };
  const functionOf = (name: FunctionName): Resource => {
    const found = template
      .ofType('Lambda::Function')
      .filter((one) => one.Properties.Description === `patchbay ${name}`);
    expect(found).toHaveLength(1);
    return found[0] as Resource;
  };
  const roleOf = ({ Properties }: Resource): Resource => template.byId(idsIn(Properties.Role)[0] ?? '');

  describe.each(functionNames)('%s', (name) => {
    const fn = functionOf(name);
    const { table: declared, environment, outside, timeoutSeconds, memoryMiB, waits } = needs[name];

    test('may do what it declares, and nothing else', () => {
      const role = roleOf(fn);
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(lines(rights(template, role))).toEqual(
        lines([
          ...onTable(declared),
          ...plain(`<${only('Logs::LogGroup', logOf(name))}.Arn>`, 'logs:CreateLogStream', 'logs:PutLogEvents'),
          ...(outside ? [] : plain('*', ...interfaceActions)),
          ...(outside
            ? []
            : plain('*', ...interfaceActions).map((one) => ({ ...one, effect: 'Deny', condition: fromCode }))),
          ...(more[name] ?? []),
        ]),
      );
    });

    test('has a role of its own', () => {
      const role = roleOf(fn);
      const users = template
        .ofType('Lambda::Function')
        .filter(({ Properties }) => idsIn(Properties.Role).includes(role.id));
      expect(users).toEqual([fn]);
      expect(JSON.stringify(role.Properties.AssumeRolePolicyDocument)).toContain('"lambda.amazonaws.com"');
    });

    test('has the environment that it declares', () => {
      const { NODE_OPTIONS, POWERTOOLS_LOG_LEVEL, ...given } = Reflect.get(
        Object(fn.Properties.Environment),
        'Variables',
      ) as Record<string, unknown>;
      expect({ NODE_OPTIONS, POWERTOOLS_LOG_LEVEL }).toEqual({
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_LOG_LEVEL: 'INFO',
      });
      // Tokens are signed with a secret here: there is no key set.
      const wanted = environment.filter((variable) => variable !== 'jwksUrl').map((variable) => variables[variable]);
      expect(Object.keys(given).sort()).toEqual(wanted.sort());
    });

    test('runs as it declares: where, how long, with how much', () => {
      expect(fn.Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Timeout: timeoutSeconds,
        MemorySize: memoryMiB,
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: only('Logs::LogGroup', logOf(name)) } },
      });
      const reserved = waits ? 100 : name === 'reap' ? 1 : undefined;
      expect(fn.Properties.ReservedConcurrentExecutions).toBe(stage === 'prod' ? reserved : undefined);
      const subnets = idsIn(Reflect.get(Object(fn.Properties.VpcConfig), 'SubnetIds'));
      expect(subnets.every((id) => template.byId(id).path.includes('/FunctionsSubnet'))).toBe(true);
      expect(subnets).toHaveLength(outside ? 0 : 2);
    });
  });

  test('the node may do what it declares, and nothing else', () => {
    const role = template.only('IAM::Role', 'Nodes/Task/Role');
    const recordings = `<${only('S3::Bucket', 'Recordings/Bucket')}.Arn>/*`;
    expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(lines(rights(template, role))).toEqual(
      lines([
        ...onTable(nodeTableNeeds),
        ...plain(recordings, 's3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'),
        ...plain(`${connections}/POST/@connections/*`, 'execute-api:ManageConnections'),
        ...plain(`${connections}/DELETE/@connections/*`, 'execute-api:ManageConnections'),
        ...plain(`<${only('Events::EventBus')}.Arn>`, 'events:PutEvents'),
        ...plain(tasks, 'ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'),
      ]),
    );
  });

  test('there is no wildcard but where AWS has nothing narrower, and none in an action of ours', () => {
    const copies = /^Custom::CDKBucketDeployment/;
    const wide = template.ofType('IAM::Role').flatMap((role) =>
      rights(template, role)
        .filter(({ effect, action, resource }) => effect === 'Allow' && `${action}${resource}`.includes('*'))
        .filter(() => !copies.test(role.path))
        .map(({ action, resource }) => `${action} ${resource}`),
    );
    expect([...new Set(wide)].sort()).toEqual(
      [
        // Lambda, which is why it is denied to the code.
        ...interfaceActions.map((action) => `${action} *`),
        // Gives a token for all repositories.
        'ecr:GetAuthorizationToken *',
        // Connections, tasks and objects come and go.
        `execute-api:ManageConnections ${connections}/POST/@connections/*`,
        `execute-api:ManageConnections ${connections}/DELETE/@connections/*`,
        `ecs:GetTaskProtection ${tasks}`,
        `ecs:UpdateTaskProtection ${tasks}`,
        `ecs:DescribeTasks ${tasks}`,
        `ecs:StopTask ${tasks}`,
        ...['AbortMultipartUpload', 'GetObject', 'PutObject'].map(
          (name) => `s3:${name} <${only('S3::Bucket', 'Recordings/Bucket')}.Arn>/*`,
        ),
      ].sort(),
    );
  });

  test('managed policies are those of the two roles that are explained, and of nothing of ours', () => {
    const managed = template
      .ofType('IAM::Role')
      .filter(({ Properties }) => Properties.ManagedPolicyArns !== undefined)
      .map(({ path }) => path);
    expect(managed.filter((path) => !path.startsWith('Custom::'))).toEqual(['Api/LogRole']);
  });

  test("the only way out of the functions' subnets leads to the one table, with the five actions", () => {
    const toTable = template.only('EC2::VPCEndpoint', 'Network/ToTable');
    expect(Reflect.get(Object(toTable.Properties.PolicyDocument), 'Statement')).toEqual([
      {
        Action: Object.values(actions)
          .map((name) => `dynamodb:${name}`)
          .sort(),
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Resource: [
          { 'Fn::GetAtt': [only('DynamoDB::Table'), 'Arn'] },
          { 'Fn::Join': ['', [{ 'Fn::GetAtt': [only('DynamoDB::Table'), 'Arn'] }, '/index/on_node']] },
        ],
      },
    ]);
  });
});

function sorted(condition: string): string {
  return condition.replaceAll(/\[("[^[\]]*")\]/g, (_, words: string) => `[${words.split(',').sort().join()}]`);
}
