import { Duration, Stack } from 'aws-cdk-lib';
import { type IEventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Api } from './api.ts';
import { explainWildcards } from './findings.ts';
import type { Functions } from './functions.ts';
import type { MediaNodes } from './media-nodes.ts';

export interface ReaperProps {
  readonly functions: Functions;
  readonly nodes: MediaNodes;
  readonly api: Api;
  readonly bus: IEventBus;
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Only one at a time; where the account has too few to reserve any, two may run, which is harmless. */
  readonly alone: boolean;
}

/**
 * Ends what lost nodes left behind, and takes surplus nodes away: `reap`, each minute and when ECS says that a task has stopped.
 * Not tried again when it fails: the next minute's goes on where it was. One that finds another at work waits. Nodes from none
 * are brought up by `connect`.
 */
export class Reaper extends Construct {
  constructor(scope: Construct, id: string, { functions, nodes, api, bus, minNodes, maxNodes, alone }: ReaperProps) {
    super(scope, id);
    const reap = functions.of('reap');
    functions.set('cluster', nodes.cluster.clusterName);
    functions.set('service', nodes.service.serviceName);
    functions.set('minNodes', String(minNodes));
    functions.set('maxNodes', String(maxNodes));
    functions.set('callbackUrl', api.callbackUrl);
    functions.set('eventBus', bus.eventBusName);
    const tasks = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task',
      resourceName: `${nodes.cluster.clusterName}/*`,
    });
    functions.grant(
      'reap',
      new PolicyStatement({ actions: ['ecs:DescribeTasks', 'ecs:StopTask'], resources: [tasks] }),
    );
    if (reap.role)
      explainWildcards(
        reap.role,
        'Any task of this cluster, which has nothing but nodes, may be one that hangs, or one of a deployment before.',
        tasks,
      );
    for (const name of ['reap', 'connect'] as const) {
      functions.grant(
        name,
        new PolicyStatement({
          actions: ['ecs:DescribeServices', 'ecs:UpdateService'],
          resources: [nodes.service.serviceArn],
        }),
      );
    }
    functions.grant('reap', new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }));
    if (reap.role) api.grantCallback(reap.role, 'POST');

    reap.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(5) });
    if (alone) (reap.node.defaultChild as CfnFunction).reservedConcurrentExecutions = 1;
    const target = new LambdaFunction(reap, { retryAttempts: 0, maxEventAge: Duration.minutes(5) });
    new Rule(this, 'EachMinute', {
      description: 'patchbay: lost and surplus nodes',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [target],
    });
    new Rule(this, 'TaskStopped', {
      description: 'patchbay: a node has gone',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [nodes.cluster.clusterArn], lastStatus: ['STOPPED'] },
      },
      targets: [target],
    });
  }
}
