import { describe, expect, it } from 'vitest';
import type { AuthorizerEvent, RouteHandler } from '../../../../lib/local/gateway/event.ts';
import { allow, echo, ok, recorder, startGateway } from './support.ts';

const ID = /^[\w-]{15}=$/;

describe('$connect', () => {
  it('gets the headers and the query of the upgrade request, and the connection', async () => {
    const { handler, first } = recorder();
    const gateway = await startGateway({ routes: { $connect: handler }, now: () => 1_674_162_806_344 });
    await gateway.connect('?token=a&token=b&batch=1', [], {
      headers: { 'X-Test': 'yes', 'X-Forwarded-For': '6.6.6.6' },
    });
    const event = await first;
    expect(event).toMatchObject({
      queryStringParameters: { token: 'b', batch: '1' },
      multiValueQueryStringParameters: { token: ['a', 'b'], batch: ['1'] },
      isBase64Encoded: false,
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        messageDirection: 'IN',
        stage: 'local',
        apiId: 'local',
        domainName: `127.0.0.1:${gateway.server.port}`,
        identity: { sourceIp: '127.0.0.1' },
        connectedAt: 1_674_162_806_344,
        requestTimeEpoch: 1_674_162_806_344,
        requestTime: '19/Jan/2023:21:13:26 +0000',
        connectionId: expect.stringMatching(ID),
        requestId: expect.stringMatching(ID),
      },
    });
    expect(event.headers).toMatchObject({
      'X-Test': 'yes',
      'X-Forwarded-For': '127.0.0.1',
      'X-Forwarded-Proto': 'http',
    });
    expect(event.multiValueHeaders).toMatchObject({ 'X-Test': ['yes'], 'X-Forwarded-For': ['127.0.0.1'] });
    expect(event.body).toBeUndefined();
    expect(event.requestContext.authorizer).toBeUndefined();
    expect(event.requestContext.messageId).toBeUndefined();
  });

  it('leaves the query out when there is none', async () => {
    const { handler, first } = recorder();
    const gateway = await startGateway({ routes: { $connect: handler } });
    await gateway.connect();
    expect(Object.keys(await first)).not.toContain('queryStringParameters');
  });

  it('gives each event the context of the authorizer, which saw the same request', async () => {
    const connected = recorder();
    const message = recorder();
    const disconnected = recorder();
    const seen: AuthorizerEvent[] = [];
    const gateway = await startGateway({
      authorizer: async (event) => {
        seen.push(event);
        return allow({ tenant: 't1', exp: 12, admin: false });
      },
      routes: { $connect: connected.handler, $default: message.handler, $disconnect: disconnected.handler },
    });
    const client = await gateway.connect('?token=abc');
    client.socket.send('hello');
    await message.first;
    client.socket.close();
    const authorizer = {
      principalId: 'ann',
      tenant: 't1',
      exp: '12',
      admin: 'false',
      integrationLatency: expect.any(Number),
    };
    expect((await connected.first).requestContext.authorizer).toEqual(authorizer);
    expect((await message.first).requestContext.authorizer).toEqual(authorizer);
    expect((await disconnected.first).requestContext.authorizer).toEqual(authorizer);
    expect(seen).toMatchObject([
      {
        type: 'REQUEST',
        methodArn: 'arn:aws:execute-api:us-east-1:000000000000:local/local/$connect',
        queryStringParameters: { token: 'abc' },
        multiValueQueryStringParameters: { token: ['abc'] },
        stageVariables: {},
        requestContext: { eventType: 'CONNECT', routeKey: '$connect' },
      },
    ]);
    expect(seen[0]?.requestContext.connectionId).toBe((await connected.first).requestContext.connectionId);
  });

  it.each([
    ['Unauthorized', 401, 'Unauthorized'],
    ['something else', 500, 'Internal server error'],
  ])('is not run, and the upgrade refused, when the authorizer throws "%s"', async (message, statusCode, text) => {
    const { handler, events } = recorder();
    const authorizer = async () => Promise.reject(new Error(message));
    const gateway = await startGateway({ authorizer, routes: { $connect: handler, $disconnect: handler } });
    const refusal = await gateway.refused();
    expect(refusal.statusCode).toBe(statusCode);
    expect(JSON.parse(refusal.body)).toMatchObject({ message: text, connectionId: expect.stringMatching(ID) });
    expect(events).toEqual([]);
  });

  it('is not run when the policy denies', async () => {
    const { handler, events } = recorder();
    const gateway = await startGateway({ authorizer: async () => allow({}, 'Deny'), routes: { $connect: handler } });
    expect((await gateway.refused()).statusCode).toBe(403);
    expect(events).toEqual([]);
  });

  const refusing: [string, RouteHandler, number][] = [
    ['answers 403', async () => ({ statusCode: 403 }), 403],
    ['answers 503', async () => ({ statusCode: 503 }), 503],
    ['answers 302', async () => ({ statusCode: 302 }), 302],
    ['throws', async () => Promise.reject(new Error('broken')), 502],
    [
      'throws at once',
      () => {
        throw new Error('broken');
      },
      502,
    ],
    ['answers nothing', async () => undefined, 502],
    ['answers no status', async () => ({ body: '' }), 502],
    ['takes too long', () => new Promise(() => undefined), 504],
  ];
  it.each(refusing)('refuses the upgrade when it %s', async (_title, handler, statusCode) => {
    const gateway = await startGateway({ routes: { $connect: handler }, limits: { integrationTimeoutMs: 50 } });
    expect((await gateway.refused()).statusCode).toBe(statusCode);
    expect(gateway.gateway.connectionCount).toBe(0);
  });

  it('chooses the subprotocol by its response header', async () => {
    const $connect: RouteHandler = async () => ({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': 'patchbay.v1' },
    });
    const gateway = await startGateway({ routes: { $connect } });
    const { socket } = await gateway.connect('', ['patchbay.v1', 'token.a.b-c_d']);
    expect(socket.protocol).toBe('patchbay.v1');
  });

  it('leaves a client without a subprotocol when it names none', async () => {
    const gateway = await startGateway({ routes: { $connect: ok } });
    // ws gives up, as browsers do, when the server picks none of those that it offered.
    await expect(gateway.connect('', ['patchbay.v1'])).rejects.toThrow(/no subprotocol/);
  });

  it('has succeeded before a message that the client sent at once is handled', async () => {
    const order: string[] = [];
    const gateway = await startGateway({
      routes: {
        $connect: async () => {
          await new Promise((resolve) => setTimeout(resolve, 30));
          order.push('connected');
          return { statusCode: 200 };
        },
        $default: async (event, context) => {
          order.push('message');
          return echo(event, context);
        },
      },
    });
    const client = await gateway.connect();
    client.socket.send('hello');
    await client.next();
    expect(order).toEqual(['connected', 'message']);
  });

  it('is followed by $disconnect when the client left meanwhile', async () => {
    const disconnected = recorder();
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const gateway = await startGateway({
      routes: {
        $connect: async () => {
          enter();
          await released;
          return { statusCode: 200 };
        },
        $disconnect: disconnected.handler,
      },
    });
    const connecting = gateway.connect();
    connecting.catch(() => undefined);
    await entered;
    const refusal = expect(connecting).rejects.toThrow();
    gateway.abandon();
    await refusal;
    release();
    expect((await disconnected.first).requestContext).toMatchObject({
      eventType: 'DISCONNECT',
      disconnectStatusCode: 1006,
    });
  });
});

describe('upgrade', () => {
  it.each([
    ['a page elsewhere', { origin: 'http://evil.example' }],
    ['a name that is not ours', { headers: { Host: 'evil.example' } }],
  ])('is refused with 403 for %s, without a call of $connect', async (_title, options) => {
    const { handler, events } = recorder();
    const gateway = await startGateway({ routes: { $connect: handler } });
    expect((await gateway.refused('', options)).statusCode).toBe(403);
    expect(events).toEqual([]);
  });

  it('is accepted for the own page', async () => {
    const gateway = await startGateway();
    await gateway.connect('', [], { origin: gateway.server.url });
    expect(gateway.gateway.connectionCount).toBe(1);
  });

  it.each([
    ['no key', { 'Sec-WebSocket-Version': '13' }],
    ['an old version', { 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }],
    [
      'one subprotocol twice',
      {
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Protocol': 'a, a',
      },
    ],
  ])('is refused with 400, without a call of $connect, for %s', async (_title, headers) => {
    const { handler, events } = recorder();
    const gateway = await startGateway({ routes: { $connect: handler } });
    expect(await gateway.rawUpgrade(headers)).toMatch(/^HTTP\/1\.1 400 /);
    expect(events).toEqual([]);
  });
});
