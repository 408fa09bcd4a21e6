import * as z from 'zod/mini';
import type { ServiceCount } from '../domain/fleet.ts';
import { need, read } from '../env.ts';
import { type AwsEndpoint, awsUrl, signedRequest } from './signed-request.ts';

const described = z.object({
  services: z.array(
    z.object({
      desiredCount: z.int(),
      runningCount: z.int(),
      pendingCount: z.int(),
      deployments: z.array(z.object({ id: z.string(), status: z.string() })),
    }),
  ),
});
/** `startedBy` of a service's task is its deployment's id. */
const describedTasks = z.object({
  tasks: z.array(z.object({ taskArn: z.string(), startedBy: z._default(z.string(), '') })),
});
const failure = z.object({ __type: z._default(z.string(), ''), message: z._default(z.string(), '') });

/** What ECS refused. `code` is its own: `ServiceNotActiveException`. */
export class EcsError extends Error {
  override readonly name = 'EcsError';
  readonly code: string;
  readonly isPassing: boolean;

  constructor(code: string, message: string, isPassing: boolean) {
    super(`${code}: ${message}`);
    this.code = code;
    this.isPassing = isPassing;
  }
}

/** As many as DescribeTasks takes. */
const tasksAtOnce = 100;
const maxTries = 4;
const pauseMs = 200;

export interface DescribedService extends ServiceCount {
  /** The deployment whose tasks there are to be: the newest, or in a rollback the one that is gone back to. */
  readonly deployment: string | undefined;
}

/**
 * The ECS service whose tasks are the nodes, by ECS' JSON protocol.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
export class NodeService {
  readonly #endpoint: AwsEndpoint;
  readonly #cluster: string;
  readonly #service: string;

  constructor(endpoint: AwsEndpoint, cluster: string, service: string) {
    this.#endpoint = endpoint;
    this.#cluster = cluster;
    this.#service = service;
  }

  /** @throws EcsError, also when there is no such service */
  async describe(): Promise<DescribedService> {
    const reply = await this.#call('DescribeServices', { services: [this.#service] });
    const [service] = described.parse(reply).services;
    if (!service) throw new EcsError('MISSING', `no service ${this.#service}`, false);
    return {
      desired: service.desiredCount,
      running: service.runningCount,
      pending: service.pendingCount,
      isDeploying: service.deployments.length > 1,
      deployment: service.deployments.find(({ status }) => status === 'PRIMARY')?.id,
    };
  }

  /** Which of these tasks a deployment has started. @throws EcsError */
  async startedBy(deployment: string, taskIds: readonly string[]): Promise<Set<string>> {
    const started = new Set<string>();
    for (let at = 0; at < taskIds.length; at += tasksAtOnce) {
      const reply = await this.#call('DescribeTasks', { tasks: taskIds.slice(at, at + tasksAtOnce) });
      for (const { taskArn, startedBy } of describedTasks.parse(reply).tasks) {
        if (startedBy === deployment) started.add(taskArn.slice(taskArn.lastIndexOf('/') + 1));
      }
    }
    return started;
  }

  /** @throws EcsError */
  async setDesired(desired: number): Promise<void> {
    await this.#call('UpdateService', { service: this.#service, desiredCount: desired });
  }

  /** Has a task stopped; one that is not there is none to stop. @throws EcsError */
  async stopTask(taskId: string, reason: string): Promise<void> {
    try {
      await this.#call('StopTask', { task: taskId, reason });
    } catch (error) {
      if (!(error instanceof EcsError && error.code === 'InvalidParameterException')) throw error;
    }
  }

  /** Tried again while ECS is busy or out of reach: each of these operations may be done twice. */
  async #call(operation: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#try(operation, input);
      } catch (error) {
        if (attempt === maxTries || (error instanceof EcsError && !error.isPassing)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs * 2 ** attempt * (0.5 + Math.random() / 2)));
      }
    }
  }

  async #try(operation: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { status, text } = await signedRequest(this.#endpoint, {
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      },
      body: JSON.stringify({ cluster: this.#cluster, ...input }),
    });
    if (status === 200) return JSON.parse(text);
    throw errorOf(status, text);
  }
}

function errorOf(status: number, text: string): EcsError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = {};
  }
  const { data } = failure.safeParse(value);
  // `com.amazonaws.ecs#ThrottlingException`, or without what is before the #.
  const code = data?.__type.replace(/^.*#/, '') || `HTTP ${status}`;
  const isPassing = status >= 500 || status === 429 || /Throttl|RequestLimit/.test(code);
  return new EcsError(code, data?.message ?? '', isPassing);
}

/** The service that the environment names, or undefined: nodes are not on ECS. */
export function nodeService(): NodeService | undefined {
  if (read('cluster') === undefined) return undefined;
  const region = process.env.AWS_REGION ?? 'us-east-1';
  const url = read('ecsEndpoint') ?? awsUrl('ecs', region);
  return new NodeService({ url, region, service: 'ecs' }, need('cluster'), need('service'));
}
