import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface LogsProps {
  readonly retention: RetentionDays;
}

/** Where everything logs, each for as long as was asked. CloudWatch encrypts them. */
export class Logs extends Construct {
  /** All functions: JSON lines, each with its `command`, so that one query follows a call. */
  readonly functions: LogGroup;
  readonly nodes: LogGroup;
  /** Who connected, sent what route, and what became of it. No data. */
  readonly access: LogGroup;
  /** What the VPC refused. */
  readonly network: LogGroup;

  constructor(scope: Construct, id: string, { retention }: LogsProps) {
    super(scope, id);
    const group = (name: string) => new LogGroup(this, name, { retention, removalPolicy: RemovalPolicy.DESTROY });
    this.functions = group('Functions');
    this.nodes = group('Nodes');
    this.access = group('Access');
    this.network = group('Network');
  }
}
