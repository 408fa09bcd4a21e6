import { describe, expect, it } from 'vitest';
import type { RouteHandler } from '../../../../lib/local/gateway/event.ts';
import { echo, recorder, startGateway } from './support.ts';

const replying =
  (body: unknown): RouteHandler =>
  async () => ({ statusCode: 200, body });

describe('messages', () => {
  it('reach the route that the body selects, and its body goes back', async () => {
    const { handler, first } = recorder({ statusCode: 200, body: 'created' });
    const gateway = await startGateway({ routes: { 'session/create': handler, $default: echo } });
    const client = await gateway.connect();
    const text = JSON.stringify({ subclass: 'session', cmd: 'create', tid: 1 });
    client.socket.send(text);
    expect(await client.next()).toBe('created');
    const event = await first;
    expect(event).toMatchObject({
      body: text,
      isBase64Encoded: false,
      requestContext: { routeKey: 'session/create', eventType: 'MESSAGE', messageId: expect.stringMatching(/=$/) },
    });
    expect(Object.keys(event)).not.toContain('headers');
  });

  it('reach $default when nothing else fits', async () => {
    const gateway = await startGateway({ routes: { $default: echo } });
    const client = await gateway.connect();
    client.socket.send('not json');
    expect(await client.next()).toBe('not json');
  });

  it('are forbidden when nothing fits and there is no $default', async () => {
    const { handler, first } = recorder();
    const gateway = await startGateway({ routes: { $connect: handler } });
    const client = await gateway.connect();
    client.socket.send('{}');
    const { connectionId } = (await first).requestContext;
    expect(await client.next()).toMatch(
      new RegExp(`^\\{"message": "Forbidden", "connectionId":"${connectionId}", "requestId":"[\\w-]+="\\}$`),
    );
  });

  it.each(['$connect', '$disconnect'])('can not select %s', async (cmd) => {
    const { handler, events } = recorder();
    const gateway = await startGateway({
      routeSelectionExpression: '$request.body.cmd',
      routes: { $disconnect: handler, $default: echo, ...(cmd === '$connect' && { $connect: handler }) },
    });
    const client = await gateway.connect();
    const before = events.length;
    client.socket.send(JSON.stringify({ cmd }));
    await client.next();
    expect(events.length).toBe(before);
  });

  it('are invoked without waiting for the earlier one', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const gateway = await startGateway({
      routes: {
        $default: async (event, context) => {
          if (event.body === 'slow') await released;
          return echo(event, context);
        },
      },
    });
    const client = await gateway.connect();
    client.socket.send('slow');
    client.socket.send('fast');
    expect(await client.next()).toBe('fast');
    release();
    expect(await client.next()).toBe('slow');
  });

  it('get no answer when the handler returns no body', async () => {
    const gateway = await startGateway({
      routes: { 'a/silent': async () => ({ statusCode: 200 }), 'a/empty': replying(''), $default: echo },
    });
    const client = await gateway.connect();
    client.socket.send('{"subclass":"a","cmd":"silent"}');
    client.socket.send('{"subclass":"a","cmd":"empty"}');
    client.socket.send('last');
    expect(await client.next()).toBe('last');
  });

  it('get the body of an error status, too', async () => {
    const gateway = await startGateway({ routes: { $default: async () => ({ statusCode: 500, body: 'sorry' }) } });
    const client = await gateway.connect();
    client.socket.send('x');
    expect(await client.next()).toBe('sorry');
  });

  const failing: [string, RouteHandler][] = [
    ['throws', async () => Promise.reject(new Error('broken'))],
    [
      'throws at once',
      () => {
        throw new Error('broken');
      },
    ],
    ['takes too long', () => new Promise(() => undefined)],
    ['returns nothing', async () => undefined],
    ['returns a body that is no string', replying({ result: 'ok' })],
    ['returns more than 128 KB', replying('x'.repeat(128 * 1024 + 1))],
  ];
  it.each(failing)(
    'get an internal server error, and a line in the log, when the handler %s',
    async (_title, handler) => {
      const { handler: $connect, first } = recorder();
      const lines: object[] = [];
      const gateway = await startGateway({
        routes: { $connect, $default: handler },
        limits: { integrationTimeoutMs: 50 },
        log: (line) => lines.push(line),
      });
      const client = await gateway.connect();
      client.socket.send('{}');
      const { connectionId } = (await first).requestContext;
      expect(await client.next()).toMatch(
        new RegExp(
          `^\\{"message": "Internal server error", "connectionId":"${connectionId}", "requestId":"[\\w-]+="\\}$`,
        ),
      );
      expect(lines).toMatchObject([{ level: 'error', routeKey: '$default', error: expect.any(Error) }]);
    },
  );

  it('get a reply of exactly 128 KB', async () => {
    const gateway = await startGateway({ routes: { $default: replying('x'.repeat(128 * 1024)) } });
    const client = await gateway.connect();
    client.socket.send('{}');
    expect((await client.next()).length).toBe(128 * 1024);
  });

  it('come with the context of a Lambda', async () => {
    const gateway = await startGateway({
      now: () => 1000,
      routes: {
        'session/create': async (_event, context) => ({
          statusCode: 200,
          body: JSON.stringify({ ...context, leftMs: context.getRemainingTimeInMillis() }),
        }),
      },
    });
    const client = await gateway.connect();
    client.socket.send('{"subclass":"session","cmd":"create"}');
    expect(JSON.parse(await client.next())).toMatchObject({
      functionName: 'patchbay-session-create',
      functionVersion: '$LATEST',
      memoryLimitInMB: '256',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      leftMs: 29_000,
    });
  });
});
