import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpFake } from './http-fake.ts';

const target = /^AmazonEC2ContainerServiceV20141113\.(\w+)$/;
const scope = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[a-z0-9-]+\/ecs\/aws4_request, SignedHeaders=/;

/** A task of the service, as ECS sees it. */
export interface FakeTask {
  readonly id: string;
  /** The deployment that it is of. */
  readonly startedBy: string;
  isProtected: boolean;
  /** What runs in it: ends as on SIGTERM. */
  stop(): Promise<void>;
}

/** One answer instead of the usual one. */
export interface Fault {
  readonly status: number;
  readonly body: unknown;
}

/** What the ECS API and the agent refuse with, as they write it. */
export const throttled: Fault = { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } };
export const denied: Fault = {
  status: 400,
  body: { __type: 'AccessDeniedException', message: 'User is not authorized to perform: ecs:UpdateService' },
};
export const deploymentBlocked: Fault = {
  status: 200,
  body: { failure: { Arn: 'arn:aws:ecs:us-east-1:000000000000:task/c/t', Detail: null, Reason: 'DEPLOYMENT_BLOCKED' } },
};
export const agentDown: Fault = {
  status: 500,
  body: { error: { Code: 'ServerException', Message: 'Failed to find a task for the request' } },
};

/**
 * ECS over HTTP: the API of one service, and the agent's task protection endpoint at `/agent/{task id}`. Tasks come and go
 * when the test says so, by the rules that matter: the newest deployment has as many tasks as there are to be, with those of
 * others at most twice as many; what is protected is not stopped; and no more are protected than there are to be.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
 */
export class FakeEcs extends HttpFake {
  readonly tasks = new Map<string, FakeTask>();
  readonly calls: { readonly operation: string; readonly input: Readonly<Record<string, unknown>> }[] = [];
  /** What each task asked of its agent, in order: the body of the request. */
  readonly asked: { readonly taskId: string; readonly body: Readonly<Record<string, unknown>> }[] = [];
  /** What the next calls of the API, and the next requests to the agent, are answered. */
  readonly faults: Fault[] = [];
  readonly agentFaults: Fault[] = [];
  desired = 0;
  /** How many tasks there is room for. */
  quota = Number.POSITIVE_INFINITY;
  /** How a task starts. */
  launch: (taskId: string) => Promise<() => Promise<void>> = async () => async () => {};
  #launched = 0;
  readonly #stoppedByHand: string[] = [];
  /** Their ids, the one first whose tasks there are to be. */
  #deployments = ['ecs-svc/1'];

  get isDeploying(): boolean {
    return this.#deployments.length > 1;
  }

  /** A new task definition, other subnets, or a deployment that is forced. */
  deploy(): void {
    this.#deployments.unshift(`ecs-svc/${Math.max(...this.#deployments.map((id) => Number(id.slice(8)))) + 1}`);
  }

  /** The deployment before is the one to have tasks again. */
  rollBack(): void {
    const [failed = '', ...before] = this.#deployments;
    this.#deployments = [...before, failed];
  }

  agentUrl(taskId: string): string {
    return `${this.url}/agent/${taskId}`;
  }

  /** A task that the test runs by itself. */
  add(id: string, stop: () => Promise<void> = async () => {}): FakeTask {
    const task = { id, startedBy: this.#deployments[0] ?? '', isProtected: false, stop };
    this.tasks.set(id, task);
    return task;
  }

  /**
   * Does what ECS does in time: starts what is missing, stops what is too many and not protected.
   *
   * @returns the ids of both, with those that were stopped by StopTask before
   */
  async settle(): Promise<{ started: string[]; stopped: string[] }> {
    const started: string[] = [];
    const stopped = this.#stoppedByHand.splice(0);
    const [newest = ''] = this.#deployments;
    const of = (isNewest: boolean) =>
      [...this.tasks.values()].filter((task) => (task.startedBy === newest) === isNewest);
    while (of(true).length < this.desired && this.tasks.size < Math.min(this.quota, 2 * this.desired)) {
      this.#launched += 1;
      const id = `task-${this.#launched}`;
      const task = this.add(id);
      task.stop = await this.launch(id);
      started.push(id);
    }
    for (const task of [...of(false), ...of(true)].filter(({ isProtected }) => !isProtected)) {
      if (this.tasks.size <= this.desired || (task.startedBy === newest && of(true).length <= this.desired)) break;
      await this.#stop(task);
      stopped.push(task.id);
    }
    if (of(false).length === 0) this.#deployments = [newest];
    return { started, stopped };
  }

  /** Its tasks first. */
  override async stop(): Promise<void> {
    for (const task of [...this.tasks.values()]) await this.#stop(task);
    await super.stop();
  }

  async #stop(task: FakeTask): Promise<void> {
    this.tasks.delete(task.id);
    await task.stop();
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    const [, taskId] = /^\/agent\/([^/]+)\/task-protection\/v1\/state$/.exec(request.url ?? '') ?? [];
    const { status, body: answer } =
      taskId === undefined ? await this.#api(request, body) : this.#agent(taskId, request, body);
    const type = taskId === undefined ? 'application/x-amz-json-1.1' : 'application/json';
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(answer));
  }

  #agent(taskId: string, { method, headers }: IncomingMessage, body: Record<string, unknown>): Fault {
    const { ProtectionEnabled: on, ExpiresInMinutes: minutes = 120, ...unknown } = body;
    const isRequest = method === 'PUT' && headers['content-type'] === 'application/json' && typeof on === 'boolean';
    if (!isRequest || Object.keys(unknown).length > 0) {
      return {
        status: 400,
        body: { error: { Code: 'InvalidParameterException', Message: 'failed to decode request' } },
      };
    }
    this.asked.push({ taskId, body });
    const fault = this.agentFaults.shift();
    if (fault) return fault;
    const task = this.tasks.get(taskId);
    if (!task) return { status: 404, body: { error: { Code: 'ResourceNotFoundException', Message: 'no task' } } };
    const guarded = [...this.tasks.values()].filter(({ isProtected }) => isProtected).length;
    if (on && !task.isProtected && guarded >= this.desired) return deploymentBlocked;
    task.isProtected = on;
    const expiry = new Date(Date.now() + Number(minutes) * 60_000).toISOString();
    return {
      status: 200,
      body: {
        protection: {
          ...(on && { ExpirationDate: expiry }),
          ProtectionEnabled: on,
          TaskArn: `arn:aws:ecs:us-east-1:000000000000:task/c/${taskId}`,
        },
      },
    };
  }

  async #api({ method, headers }: IncomingMessage, input: Record<string, unknown>): Promise<Fault> {
    const [, operation = ''] = target.exec(String(headers['x-amz-target'])) ?? [];
    const isSigned = scope.test(String(headers.authorization)) && headers['x-amz-date'] !== undefined;
    if (method !== 'POST' || headers['content-type'] !== 'application/x-amz-json-1.1' || !isSigned) {
      return { status: 400, body: { __type: 'IncompleteSignatureException', message: 'not an ECS request' } };
    }
    this.calls.push({ operation, input });
    const fault = this.faults.shift();
    if (fault) return fault;
    if (input.cluster !== 'calls') {
      return { status: 400, body: { __type: 'ClusterNotFoundException', message: 'Cluster not found.' } };
    }
    switch (operation) {
      case 'DescribeServices':
        return { status: 200, body: { failures: [], services: [this.#service()] } };
      case 'DescribeTasks': {
        const ids = Array.isArray(input.tasks) ? input.tasks.map(String) : [];
        if (ids.length === 0 || ids.length > 100) {
          const message = 'Tasks cannot be empty, and not more than 100.';
          return { status: 400, body: { __type: 'InvalidParameterException', message } };
        }
        const arn = (id: string) => `arn:aws:ecs:us-east-1:000000000000:task/calls/${id}`;
        const tasks = ids.flatMap((id) => this.tasks.get(id) ?? []);
        return {
          status: 200,
          body: {
            tasks: tasks.map(({ id, startedBy }) => ({ taskArn: arn(id), startedBy, lastStatus: 'RUNNING' })),
            failures: ids.filter((id) => !this.tasks.has(id)).map((id) => ({ arn: arn(id), reason: 'MISSING' })),
          },
        };
      }
      case 'UpdateService':
        if (input.service !== 'nodes') {
          return { status: 400, body: { __type: 'ServiceNotFoundException', message: 'Service not found.' } };
        }
        this.desired = Number(input.desiredCount);
        return { status: 200, body: { service: this.#service() } };
      case 'StopTask': {
        const task = this.tasks.get(String(input.task));
        if (!task) {
          const message = 'The referenced task was not found.';
          return { status: 400, body: { __type: 'InvalidParameterException', message } };
        }
        this.#stoppedByHand.push(task.id);
        await this.#stop(task);
        return { status: 200, body: { task: { desiredStatus: 'STOPPED' } } };
      }
      default:
        return { status: 400, body: { __type: 'UnknownOperationException' } };
    }
  }

  #service() {
    return {
      serviceName: 'nodes',
      status: 'ACTIVE',
      desiredCount: this.desired,
      runningCount: this.tasks.size,
      // It has begun with what is missing, if it can.
      pendingCount: Math.max(0, Math.min(this.desired, this.quota) - this.tasks.size),
      deployments: this.#deployments.map((id, at) => ({
        id,
        status: at === 0 ? 'PRIMARY' : 'ACTIVE',
        rolloutState: this.isDeploying ? 'IN_PROGRESS' : 'COMPLETED',
      })),
    };
  }
}

/** What EventBridge hands on when a task changes. */
export const taskEvent = (taskId: string, lastStatus = 'STOPPED', group = 'service:nodes') => ({
  version: '0',
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  detail: {
    clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/calls',
    group,
    lastStatus,
    desiredStatus: 'STOPPED',
    launchType: 'FARGATE',
    taskArn: `arn:aws:ecs:us-east-1:000000000000:task/calls/${taskId}`,
    stopCode: 'EssentialContainerExited',
    version: 5,
  },
});
