import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  type Alias,
  Architecture,
  Code,
  Function as Lambda,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type FunctionName, functionNames, type Needs, needs } from '../../lib/command/needs.ts';
import { type Variable, variables } from '../../lib/env.ts';
import { asset } from '../assets.ts';
import { explain } from './findings.ts';
import type { Logs } from './logs.ts';
import type { Network } from './network.ts';
import type { Records } from './records.ts';

export interface FunctionsProps {
  readonly records: Records;
  readonly network: Network;
  readonly logs: Logs;
  readonly tracing: boolean;
  /** For all functions that only wait, each; undefined: none is reserved. */
  readonly waitingConcurrency?: number | undefined;
  /** By name. */
  readonly provisionedConcurrency?: Readonly<Record<string, number>> | undefined;
}

/** `session/get_list` → `SessionGetList` */
export const constructId = (name: string): string =>
  name.replaceAll(/(?:^|[/_])(\w)/g, (_, letter: string) => letter.toUpperCase());
/** `session/get_list` → `session/get-list`, the name of its file and its bundle */
export const fileOf = (name: FunctionName): string => name.replaceAll('_', '-');

const isFunction = (name: string): name is FunctionName => functionNames.some((one) => one === name);

/** One function a command, and the few that are none: each with a role of its own that may do what `needs` declares. */
export class Functions extends Construct {
  readonly #made = new Map<FunctionName, Lambda>();
  readonly #live = new Map<FunctionName, Alias>();

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    for (const [name, warm] of Object.entries(props.provisionedConcurrency ?? {})) checkWarm(name, warm, props);
    for (const name of functionNames) {
      const made = makeFunction(this, name, needs[name], props);
      this.#made.set(name, made);
      const warm = props.provisionedConcurrency?.[name];
      if (warm) this.#live.set(name, made.addAlias('live', { provisionedConcurrentExecutions: warm }));
    }
    this.set('table', props.records.table.tableName);
  }

  of(name: FunctionName): Lambda {
    const made = this.#made.get(name);
    if (!made) throw new Error(`no function ${name}`);
    return made;
  }

  /** What the API calls: the alias that is kept warm, where there is one. */
  target(name: FunctionName): Lambda | Alias {
    return this.#live.get(name) ?? this.of(name);
  }

  get all(): readonly Lambda[] {
    return [...this.#made.values()];
  }

  grant(name: FunctionName, statement: PolicyStatement): void {
    this.of(name).role?.addToPrincipalPolicy(statement);
  }

  /**
   * Sets a variable on the functions that declare it.
   *
   * @throws Error when none does
   */
  set(variable: Variable, value: string): void {
    const users = functionNames.filter((name) => needs[name].environment.includes(variable));
    if (users.length === 0) throw new Error(`no function declares ${variables[variable]}`);
    for (const name of users) this.of(name).addEnvironment(variables[variable], value);
  }
}

/** @throws Error for what Lambda would refuse, or what nobody would call */
function checkWarm(name: string, warm: number, { waitingConcurrency }: FunctionsProps): void {
  const refuse = (why: string): Error => new Error(`patchbay: provisionedConcurrency: ${why}`);
  if (!isFunction(name)) throw refuse(`there is no function ${name}`);
  if (name === 'reap') throw refuse('nobody waits for reap');
  if (needs[name].waits && waitingConcurrency !== undefined && warm > waitingConcurrency)
    throw refuse(`${name} has no more than waitingConcurrency, ${waitingConcurrency}`);
}

function makeFunction(scope: Functions, name: FunctionName, need: Needs, props: FunctionsProps): Lambda {
  const { records, network, logs, tracing, waitingConcurrency } = props;
  const role = new Role(scope, `${constructId(name)}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `patchbay ${name}`,
  });
  records.grant(role, need.table);
  role.addToPolicy(new PolicyStatement({ actions: logActions, resources: [logs.ofFunction(name).logGroupArn] }));
  if (!need.outside) for (const statement of networkStatements(scope)) role.addToPolicy(statement);

  const made = new Lambda(scope, constructId(name), {
    description: `patchbay ${name}`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(asset('dist', 'functions', fileOf(name))),
    handler: 'index.handler',
    role,
    environment: { NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_LOG_LEVEL: 'INFO' },
    timeout: Duration.seconds(need.timeoutSeconds),
    memorySize: need.memoryMiB,
    logGroup: logs.ofFunction(name),
    loggingFormat: LoggingFormat.JSON,
    tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    ...(need.waits && waitingConcurrency !== undefined && { reservedConcurrentExecutions: waitingConcurrency }),
    ...(!need.outside && {
      vpc: network.vpc,
      vpcSubnets: { subnets: [...network.functionSubnets] },
      securityGroups: [network.functions],
    }),
  });
  explainRole(role, need, tracing);
  return made;
}

const logActions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const interfaceActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Lambda makes a function's network interfaces with the function's own role, and asks for it on every resource. The function's code
 * has no use for it, so that is denied.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
function networkStatements(scope: Construct): PolicyStatement[] {
  const anyFunction = Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return [
    new PolicyStatement({ actions: interfaceActions, resources: ['*'] }),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: interfaceActions,
      resources: ['*'],
      // Present only where the function's code asks.
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction } },
    }),
  ];
}

function explainRole(role: Role, { outside }: Needs, tracing: boolean): void {
  const why = [
    ...(outside
      ? []
      : [
          'Lambda makes and removes the network interfaces with this role and takes no narrower resource; the code itself is denied it.',
        ]),
    ...(tracing ? ['X-Ray has no resource to name.'] : []),
  ];
  if (why.length > 0) explain(role, { 'IAM5[Resource::*]': why.join(' ') });
}
