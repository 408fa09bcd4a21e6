import { isIP } from 'node:net';
import * as z from 'zod/mini';
import { type Environment, read } from '../env.ts';
import { ask, type Patience, patience, retried } from './retried.ts';

/** What ECS says of the task that this is. */
export interface Task {
  /** By which ECS names it in its events, too. */
  readonly id: string;
  /** In its VPC. */
  readonly privateAddress: string;
  /** Of what it is: another one whenever anything of its definition changes, as `family:revision`. */
  readonly definition: string;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html */
const metadata = z.object({
  TaskARN: z.string(),
  Family: z.string(),
  Revision: z.string(),
  Containers: z.array(
    z.object({ Networks: z.optional(z.array(z.object({ IPv4Addresses: z.optional(z.array(z.string())) }))) }),
  ),
});
const maxBytes = 256 * 1024;

/**
 * Undefined where this is no task of ECS.
 *
 * @throws Error when ECS does not say what it must
 */
export async function readTask(environment: Environment, how: Patience = patience): Promise<Task | undefined> {
  const endpoint = read('ecsMetadata', environment);
  if (endpoint === undefined) return undefined;
  return retried(async () => {
    try {
      return parseTask(JSON.parse(await ask(`${endpoint}/task`, how, maxBytes)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`ECS does not say which task this is; ${endpoint}/task: ${why}`, { cause: error });
    }
  }, how);
}

function parseTask(answer: unknown): Task {
  const { TaskARN, Family, Revision, Containers } = z.parse(metadata, answer);
  const id = TaskARN.split('/').at(-1);
  const addresses = Containers.flatMap(({ Networks = [] }) => Networks).flatMap(
    ({ IPv4Addresses = [] }) => IPv4Addresses,
  );
  const privateAddress = addresses.find((address) => isIP(address) === 4);
  if (!id || !TaskARN.startsWith('arn:')) throw new Error(`${JSON.stringify(TaskARN)} is no task's ARN`);
  if (privateAddress === undefined) throw new Error('no container has an IPv4 address yet');
  return { id, privateAddress, definition: `${Family}:${Revision}` };
}
