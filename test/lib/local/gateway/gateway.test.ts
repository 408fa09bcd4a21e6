import { describe, expect, it } from 'vitest';
import { recorder, startGateway } from './support.ts';

describe('closing the gateway', () => {
  // First, as the handles of an earlier test's server may still be on their way out.
  it('leaves no timer and no socket', async () => {
    const own = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => /^(Timeout|TCPS)/.test(name))
        .toSorted();
    const before = own();
    const gateway = await startGateway({ routes: { $default: () => new Promise(() => undefined) } });
    const client = await gateway.connect();
    client.socket.send('hangs');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(own().length).toBeGreaterThan(before.length);
    await gateway.gateway.close();
    await gateway.server.close();
    await client.closed;
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Beside the gateway's, the test runner has timers of its own, which come and go.
    const left = own();
    expect(left.filter((name) => name !== 'Timeout')).toEqual(before.filter((name) => name !== 'Timeout'));
    expect(left.length).toBeLessThanOrEqual(before.length);
  });

  it('closes each connection as going away and waits for its $disconnect', async () => {
    const ended: string[] = [];
    const gateway = await startGateway({
      routes: {
        $disconnect: async ({ requestContext }) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          ended.push(`${requestContext.disconnectStatusCode} ${requestContext.disconnectReason}`);
          return { statusCode: 200 };
        },
      },
    });
    const clients = await Promise.all([gateway.connect(), gateway.connect(), gateway.connect()]);
    await gateway.gateway.close();
    expect(ended).toEqual(['1001 Going away', '1001 Going away', '1001 Going away']);
    expect(gateway.gateway.connectionCount).toBe(0);
    for (const client of clients) expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
  });

  it('waits no longer than its limit for a $disconnect or a client that hangs', async () => {
    const { handler, events } = recorder();
    const gateway = await startGateway({
      routes: {
        $disconnect: async (event, context) => {
          await handler(event, context);
          return new Promise(() => undefined);
        },
      },
      limits: { closeTimeoutMs: 200 },
    });
    const client = await gateway.connect();
    client.socket.pause();
    const startedAtMs = Date.now();
    await gateway.gateway.close();
    expect(Date.now() - startedAtMs).toBeLessThan(500);
    expect(events.length).toBe(1);
  });

  it('gives up what is delayed, under way or still connecting', async () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const lines: object[] = [];
    const gateway = await startGateway({
      reorderSeed: 1,
      log: (line) => lines.push(line),
      routes: {
        $connect: async ({ queryStringParameters }) => {
          if (queryStringParameters?.slow === undefined) return { statusCode: 200 };
          enter();
          return new Promise(() => undefined);
        },
        $default: () => new Promise(() => undefined),
      },
    });
    const client = await gateway.connect();
    client.socket.send('one');
    client.socket.send('two');
    const refusal = gateway.refused('?slow=1');
    await entered;
    await gateway.gateway.close();
    expect((await refusal).statusCode).toBe(503);
    expect(client.received).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('may be done twice, and refuses upgrades from then on', async () => {
    const gateway = await startGateway();
    await Promise.all([gateway.gateway.close(), gateway.gateway.close()]);
    expect((await gateway.refused()).statusCode).toBe(503);
  });
});

it('cuts off a client that asks and asks and reads nothing', async () => {
  const reply = 'x'.repeat(100_000);
  const { connect } = await startGateway({
    routes: { $default: async () => ({ statusCode: 200, body: reply }) },
    limits: { bufferedBytes: 1_000_000 },
  });
  const client = await connect();
  client.socket.pause();
  for (let n = 0; n < 400; n += 1) client.socket.send('more');
  await new Promise((resolve) => setTimeout(resolve, 300));
  client.socket.resume();
  expect((await client.closed).code).toBe(1006);
});
