import { describe, expect, test, vi } from 'vitest';
import { handler } from '../../functions/connect.ts';
import { services } from '../../lib/command/services.ts';
import { functionsUnderTest, messageEvent } from '../support/functions.ts';

const world = functionsUnderTest();
const connectedAt = Date.UTC(2030, 0, 1);
const connect = (connectionId: string, headers: Record<string, string> = {}) =>
  handler({ ...messageEvent('', { connectionId, connectedAt, eventType: 'CONNECT' }), headers });

test('a connection that is let in gets its record', async () => {
  expect(await connect('c1')).toEqual({ statusCode: 200 });
  expect(await world.connections.get('c1')).toEqual({
    connectionId: 'c1',
    tenant: 'acme',
    userId: 'ann',
    connectedAt: '2030-01-01T00:00:00.000Z',
    nodes: [],
  });
});

test('costs no look at the nodes where there always is one', async () => {
  const list = vi.spyOn(services().directory, 'list');
  const note = vi.spyOn(services().demand, 'note');
  await connect('c4');
  expect([list.mock.calls.length, note.mock.calls.length]).toEqual([0, 0]);
});

describe('the subprotocol', () => {
  test.each([
    { 'Sec-WebSocket-Protocol': 'patchbay.v1, token.aaa.bbb.ccc' },
    { 'sec-websocket-protocol': 'token.aaa.bbb.ccc,patchbay.v1' },
    { 'Sec-WebSocket-Protocol': 'patchbay.v1' },
  ])('patchbay.v1 is taken of %j, never the token', async (headers) => {
    const reply = await connect('c2', headers);
    expect(reply).toEqual({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'patchbay.v1' } });
    expect(JSON.stringify(reply)).not.toContain('token');
  });

  test.each([{}, { 'Sec-WebSocket-Protocol': 'token.aaa.bbb.ccc' }, { 'Sec-WebSocket-Protocol': 'other' }])(
    'none is taken of %j',
    async (headers) => {
      expect(await connect('c3', headers)).toEqual({ statusCode: 200 });
    },
  );
});
