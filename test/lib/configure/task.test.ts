import { afterEach, expect, test } from 'vitest';
import { readTask } from '../../../lib/configure/task.ts';
import { type FakeEndpoint, startEndpoint } from '../../support/fake-endpoint.ts';
import { taskId, taskMetadata } from '../../support/task-metadata.ts';

const hasty = { rounds: 3, timeoutMs: 200, backoff: { baseMs: 1, maxMs: 2 } };
let ecs: FakeEndpoint | undefined;
afterEach(async () => {
  await ecs?.stop();
  ecs = undefined;
});

async function read(...answers: readonly unknown[]) {
  ecs = await startEndpoint((response, _request, count) => {
    response.end(JSON.stringify(answers[Math.min(count, answers.length) - 1]));
  });
  return readTask({ ECS_CONTAINER_METADATA_URI_V4: `${ecs.url}/v4/0123` }, hasty);
}

test('elsewhere than on ECS there is no task', async () => {
  expect(await readTask({}, hasty)).toBeUndefined();
});

test('a task is known by the last part of its ARN, and by its address in the VPC', async () => {
  expect(await read(taskMetadata('10.0.1.7'))).toEqual({
    id: taskId,
    privateAddress: '10.0.1.7',
    definition: 'patchbay-node:3',
  });
  expect(ecs?.asked).toEqual(['/v4/0123/task']);
});

test('a task whose network is not there yet is asked again', async () => {
  const { TaskARN, Family, Revision } = taskMetadata('');
  const bare = { TaskARN, Family, Revision, Containers: [{ Name: 'configure' }] };
  expect(await read(bare, taskMetadata('10.0.1.7'))).toEqual({
    id: taskId,
    privateAddress: '10.0.1.7',
    definition: 'patchbay-node:3',
  });
});

test('what ECS does not say is told, with where it was asked', async () => {
  await expect(read({ ...taskMetadata(''), TaskARN: 'nothing', Containers: [] })).rejects.toThrow(
    /^ECS does not say which task this is; http:\S+\/v4\/0123\/task: "nothing" is no task's ARN$/,
  );
  await ecs?.stop();
  await expect(read({})).rejects.toThrow(/^ECS does not say which task this is/);
});
