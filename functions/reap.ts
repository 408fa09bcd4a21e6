import * as z from 'zod/mini';
import { read } from '../lib/env.ts';
import { reaper } from '../lib/reaper/compose.ts';
import type { Reaper } from '../lib/reaper/reaper.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html */
const taskEvent = z.object({
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({ lastStatus: z.string(), taskArn: z.string(), group: z.optional(z.string()) }),
});

let made: Reaper | undefined;

/**
 * Looks after the nodes from outside: by a schedule every minute, and by ECS when a task has changed. Nothing retries it and
 * nothing has to: what a run did not do, the next one does; what two do, is done once.
 */
export async function handler(event: unknown): Promise<void> {
  made ??= reaper();
  const task = z.safeParse(taskEvent, event);
  if (!task.success) return made.run();
  const { lastStatus, taskArn, group } = task.data.detail;
  // The rule passes on no others; a task that is of another service is no node.
  const isNode = group === undefined || group === `service:${read('service')}`;
  if (lastStatus === 'STOPPED' && isNode) await made.taskStopped(taskArn.slice(taskArn.lastIndexOf('/') + 1));
}
