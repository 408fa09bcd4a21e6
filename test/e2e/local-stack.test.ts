import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { bareClient } from '../support/bare-client.ts';
import { descendants } from '../support/processes.ts';
import { answer, offer } from '../support/sdp.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** What the local stack itself must stand: a table that is away, other addresses, settings that are missing. */

let stack: TestStack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

test('a table that dies is back at once: live sessions go on, a create in between fails with a clear error', async () => {
  stack = await startTestStack();
  const client = await bareClient(stack.api);
  const { data: live } = await client.request('create', { type: 'p2p', offer });
  const table = descendants(stack.pid).find(({ pid }) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dynamodb-process'),
  );
  if (!table) throw new Error('the table has no process');
  process.kill(table.pid, 'SIGKILL');

  const during = await client.request('create', { type: 'p2p', session_id: 'chosen', offer });
  if (during.result === 'error') expect(during.data).toMatchObject({ reason: 'timeout', retry_after: 1 });
  const set = await client.request('set_answer', { session_id: live.session_id, answer });
  expect(set.result === 'ok' || set.data.retry_after === 1).toBe(true);

  await until(
    'creates work again',
    async () => (await client.request('create', { type: 'p2p', offer })).result === 'ok',
  );
  expect(await client.request('get_info', { session_id: live.session_id })).toMatchObject({ result: 'ok' });
  const other = await bareClient(stack.api);
  expect(await other.request('get_list')).toMatchObject({ result: 'ok' });
});

test('on another address than 127.0.0.1 events come as well', async () => {
  stack = await startTestStack({ PATCHBAY_HOST: '127.0.0.2' });
  const client = await bareClient(stack.api);
  await client.request('create', { type: 'p2p', session_id: 'here', offer });
  expect(await client.event(({ type }) => type === 'created')).toMatchObject({ obj_id: 'here', seq: 1 });
});

test('jwt without its settings is told at the start, by name', async () => {
  await expect(startTestStack({ PATCHBAY_AUTH: 'jwt' })).rejects.toThrow(/PATCHBAY_JWT_SECRET/);
});
