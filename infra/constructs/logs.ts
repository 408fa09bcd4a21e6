import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lib/command/needs.ts';

export interface LogsProps {
  readonly retention: RetentionDays;
}

/** Where everything logs, each for as long as was asked. CloudWatch encrypts them. */
export class Logs extends Construct {
  /** All functions but the authorizer: JSON lines, each with its `command`, so that one query follows a connection. */
  readonly functions: LogGroup;
  /** Of its own, for Lambda notes each refused token as an error, and strangers send as many as they like. */
  readonly authorizer: LogGroup;
  readonly nodes: LogGroup;
  /** Who connected, sent what route, and what became of it. No data. */
  readonly access: LogGroup;
  /** What the VPC refused. */
  readonly network: LogGroup;

  constructor(scope: Construct, id: string, { retention }: LogsProps) {
    super(scope, id);
    const group = (name: string) => new LogGroup(this, name, { retention, removalPolicy: RemovalPolicy.DESTROY });
    this.functions = group('Functions');
    this.authorizer = group('Authorizer');
    this.nodes = group('Nodes');
    this.access = group('Access');
    this.network = group('Network');
  }

  ofFunction(name: FunctionName): LogGroup {
    return name === 'authorize' ? this.authorizer : this.functions;
  }
}
