import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { handler as dispatch } from '../../functions/default.ts';
import { P2pBackend } from '../../lib/backends/p2p/backend.ts';
import { nodeTableNeeds } from '../../lib/command/needs.ts';
import { services } from '../../lib/command/services.ts';
import { startNode } from '../../lib/controller/node.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import { silentLog } from '../../lib/domain/log.ts';
import { FakeBackend } from '../support/fake-backend.ts';
import { functionsUnderTest } from '../support/functions.ts';
import { declared, Noted, notedTable } from '../support/noted-table.ts';
import { offer } from '../support/sdp.ts';
import { testFiles, testRules } from '../support/world.ts';

const world = functionsUnderTest();
const who = {
  connectionId: 'c1',
  authorizer: { tenant: 'acme', sub: 'ann', scope: 'media:session media:room', batch: '0' },
};

test('what the node declares is what it does to the table, from its start to its end', async () => {
  const noted = new Noted();
  await leftBehind();
  await world.connect('c1');
  const node = await startNode({
    nodeId: 'n1',
    host: '127.0.0.1',
    port: 0,
    release: 'test',
    capacity: 10,
    drainMs: 60_000,
    ecsAgent: undefined,
    onLost: () => {},
    table: notedTable(world.table, noted),
    files: testFiles(),
    rules: testRules,
    poster: { post: async () => 'sent', disconnect: async () => {} },
    backends: () => [new FakeBackend('janus'), new P2pBackend()],
    clock: systemClock,
    log: silentLog,
    random: Math.random,
  });
  services().directory.forget('n1');
  const send = async (cmd: string, data: Record<string, unknown>) => {
    const reply = await world.send(dispatch, { class: 'media', subclass: 'session', cmd, data, tid: 1 }, who);
    expect(reply, cmd).toMatchObject({ result: 'ok' });
    return reply?.data ?? {};
  };
  // Becomes ready, which is written; and ends.
  const { session_id } = await send('create', { type: 'echo', offer, wait_reply: true });
  await vi.waitFor(async () => expect(noted.sorted).toContain('session update'));
  await send('destroy', { session_id });
  await send('create', { type: 'publish', offer, wait_reply: true });
  await node.stop();
  expect(noted.sorted).toEqual(declared(nodeTableNeeds));
});

/** Of an earlier process of the node: two sessions, one of which was fenced off elsewhere before, and a room. */
async function leftBehind(): Promise<void> {
  const held = { tenant: 'acme', nodeId: 'n1', requestId: 'r', userId: 'ann', createdAt: '' } as const;
  const session = { ...held, connectionId: 'c0', type: 'echo', state: 'wait' } as const;
  const soon = Math.floor(Date.now() / 1000) + 60;
  await world.sessions.claim({ ...session, sessionId: randomUUID(), attempt: 1 }, soon);
  await world.sessions.claim({ ...session, sessionId: randomUUID(), attempt: 2 }, soon);
  await world.rooms.claim({ ...held, roomId: randomUUID(), class: 'sfu', backend: 'janus' }, soon);
}
