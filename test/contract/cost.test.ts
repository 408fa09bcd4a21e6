import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, expect, test, vi } from 'vitest';
import { SessionStore } from '../../lib/store/sessions.ts';
import { openTable } from '../../lib/store/table.ts';
import { writeUnits } from '../../lib/store/write-units.ts';
import { connectHost, inProcess, listenerTo } from '../support/in-process.ts';
import { offer } from '../support/sdp.ts';

/** What a call may cost on DynamoDB: counted from the writes that are made, index included. */
const budgetUnits = 5;
const world = inProcess();

/** The writes that the node makes from now on, with what each costs. */
const writes: { kind: string; units: number }[] = [];

beforeAll(() => {
  const { client, name } = world.table;
  const reader = openTable(name, world.table.endpoint).client;
  const itemOf = async (pk: unknown, sk: unknown) =>
    (await reader.send(new GetCommand({ TableName: name, Key: { pk, sk }, ConsistentRead: true }))).Item;
  const send = client.send.bind(client);
  vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
    const isWrite =
      command instanceof PutCommand || command instanceof UpdateCommand || command instanceof DeleteCommand;
    if (!isWrite) return send(command as GetCommand);
    const key: unknown = command instanceof PutCommand ? command.input.Item : command.input.Key;
    const [pk, sk] = [Reflect.get(Object(key), 'pk'), Reflect.get(Object(key), 'sk')];
    const before = await itemOf(pk, sk);
    const result = await send(command as PutCommand);
    if (!['NODES'].includes(String(pk))) {
      writes.push({
        kind: `${command.constructor.name} ${String(pk).slice(0, 2)}`,
        units: writeUnits({ before, after: await itemOf(pk, sk) }),
      });
    }
    return result;
  });
});

test(`create, ready and destroy cost ${budgetUnits} write units, and no read of the session's record`, async () => {
  const reads = vi.spyOn(SessionStore.prototype, 'get');
  const ann = await world.connect();
  // The connection's first session on a node also notes the node in the connection's record: once for each connection.
  await ann.ask('destroy', { session_id: await ann.create({ type: 'echo', offer, wait_reply: true }) });
  writes.length = 0;

  const session_id = await ann.create({ type: 'echo', offer, wait_reply: true });
  await ann.ask('update_media', { session_id, mute_audio: true });
  await ann.ask('get_info', { session_id });
  await ann.ask('destroy', { session_id });
  await vi.waitFor(() => expect(writes).toHaveLength(3));
  expect(writes).toEqual([
    { kind: 'PutCommand T#', units: 2 },
    { kind: 'UpdateCommand T#', units: 1 },
    { kind: 'DeleteCommand T#', units: 2 },
  ]);
  expect(writes.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(budgetUnits);
  expect(reads).not.toHaveBeenCalled();
});

test('a room costs 4 write units and each session in it no more than any other, moderation nothing', async () => {
  const host = await connectHost(world);
  await host.ask('destroy', { session_id: await host.create({ type: 'echo', offer, wait_reply: true }) });
  writes.length = 0;

  const publisher = await host.ask('create', { type: 'publish', offer, wait_reply: true });
  const { room_id } = publisher;
  const session_id = await listenerTo(host, String(publisher.session_id));
  await host.ask('room/mute', { room_id, session_id, audio: true });
  await host.ask('room/get_info', { room_id });
  await host.ask('room/destroy', { room_id });
  await vi.waitFor(() => expect(writes).toHaveLength(8));
  expect(writes.reduce((sum, { units }) => sum + units, 0)).toBe(4 + 2 * budgetUnits);
});
