import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  LimitExceededException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayOptions } from '../../../../lib/local/gateway/gateway.ts';
import { echo, recorder, startGateway } from './support.ts';

async function startWithClient(options: Partial<GatewayOptions> = {}, endpointPath = '') {
  const connected = recorder();
  const disconnected = recorder();
  const routes = { $connect: connected.handler, $default: echo, $disconnect: disconnected.handler };
  const gateway = await startGateway({ routes, ...options });
  const client = await gateway.connect('', [], { headers: { 'User-Agent': 'test/1' } });
  const { connectionId } = (await connected.first).requestContext;
  const api = new ApiGatewayManagementApiClient({
    endpoint: `${gateway.server.url}${endpointPath}`,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(() => api.destroy());
  const post = (Data: string, ConnectionId = connectionId) =>
    api.send(new PostToConnectionCommand({ ConnectionId, Data }));
  return { ...gateway, client, connectionId, disconnected, api, post };
}

describe('@connections, by the AWS SDK', () => {
  it.each(['', '/local'])('posts to a client, at the endpoint path "%s"', async (endpointPath) => {
    const { client, post } = await startWithClient({}, endpointPath);
    const answer = await post('{"cmd":"event","text":"ü"}');
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(await client.next()).toBe('{"cmd":"event","text":"ü"}');
  });

  it('keeps the order of posts made one after another', async () => {
    const { client, post } = await startWithClient();
    const sent = Array.from({ length: 20 }, (_, index) => `e${index}`);
    for (const text of sent) await post(text);
    await expect.poll(() => client.received).toEqual(sent);
  });

  it('is gone for an unknown connection', async () => {
    const { api, post } = await startWithClient();
    const ConnectionId = 'AAAAAAAAAAAAAAA=';
    await expect(post('x', ConnectionId)).rejects.toBeInstanceOf(GoneException);
    await expect(api.send(new GetConnectionCommand({ ConnectionId }))).rejects.toBeInstanceOf(GoneException);
    await expect(api.send(new DeleteConnectionCommand({ ConnectionId }))).rejects.toBeInstanceOf(GoneException);
  });

  it('is gone while $connect runs', async () => {
    let answer: Promise<Response> | undefined;
    const gateway = await startGateway({
      routes: {
        $connect: async ({ requestContext }) => {
          const path = `/@connections/${encodeURIComponent(requestContext.connectionId)}`;
          answer = fetch(`${gateway.server.url}${path}`, { method: 'POST', body: 'early' });
          await answer;
          return { statusCode: 200 };
        },
      },
    });
    await gateway.connect();
    expect((await answer)?.status).toBe(410);
  });

  it('is gone once the client has left', async () => {
    const { client, disconnected, post } = await startWithClient();
    client.socket.close();
    await disconnected.first;
    await expect(post('x')).rejects.toBeInstanceOf(GoneException);
  });

  it('tells about a connection', async () => {
    let nowMs = Date.parse('2026-01-02T03:04:05Z');
    const { api, client, connectionId } = await startWithClient({ now: () => nowMs });
    nowMs += 5000;
    client.socket.send('hello');
    await client.next();
    expect(await api.send(new GetConnectionCommand({ ConnectionId: connectionId }))).toMatchObject({
      ConnectedAt: new Date('2026-01-02T03:04:05Z'),
      LastActiveAt: new Date('2026-01-02T03:04:10Z'),
      Identity: { SourceIp: '127.0.0.1', UserAgent: 'test/1' },
    });
  });

  it('closes a connection', async () => {
    const { api, client, connectionId, disconnected, post } = await startWithClient();
    const answer = await api.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
    expect(answer.$metadata.httpStatusCode).toBe(204);
    await expect(post('late')).rejects.toBeInstanceOf(GoneException);
    expect(await client.closed).toEqual({ code: 1000, reason: 'Connection Closed Normally' });
    expect((await disconnected.first).requestContext).toMatchObject({
      disconnectStatusCode: 1000,
      disconnectReason: 'Connection Closed Normally',
    });
    expect(client.received).toEqual([]);
  });

  it('takes 128 KB, and refuses one byte more', async () => {
    const { client, post } = await startWithClient();
    await expect(post('x'.repeat(128 * 1024 + 1))).rejects.toBeInstanceOf(PayloadTooLargeException);
    await post('x'.repeat(128 * 1024));
    expect((await client.next()).length).toBe(128 * 1024);
  });

  it('is limited while the client does not read, and goes on when it does', async () => {
    const { client, post } = await startWithClient({ limits: { bufferedBytes: 256 * 1024 } });
    client.socket.pause();
    const text = 'x'.repeat(120 * 1024);
    let posted = 0;
    const fill = async () => {
      for (; posted < 500; posted++) await post(text);
    };
    await expect(fill()).rejects.toBeInstanceOf(LimitExceededException);
    client.socket.resume();
    await expect.poll(() => client.received.length).toBe(posted);
    await post('last');
    await expect.poll(() => client.received.at(-1)).toBe('last');
  });
});

describe('@connections, by others', () => {
  it('refuses a request of a browser, and one for another host', async () => {
    const { client, connectionId, server, rawRequest } = await startWithClient();
    const url = `${server.url}/@connections/${encodeURIComponent(connectionId)}`;
    const headers = { Origin: server.url };
    expect((await fetch(url, { method: 'POST', body: 'x', headers })).status).toBe(403);
    const path = `/@connections/${encodeURIComponent(connectionId)}`;
    expect(await rawRequest(`GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(client.received).toEqual([]);
  });

  it('names the error type in a header and the message in the body', async () => {
    const { server } = await startWithClient();
    const answer = await fetch(`${server.url}/@connections/%zz`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(410);
    expect(answer.headers.get('x-amzn-errortype')).toBe('GoneException');
    expect(await answer.json()).toEqual({ message: 'Gone' });
  });

  it('answers other methods as API Gateway answers what it has no method for', async () => {
    const { connectionId, server } = await startWithClient();
    const answer = await fetch(`${server.url}/@connections/${encodeURIComponent(connectionId)}`, { method: 'PUT' });
    expect(answer.status).toBe(403);
  });
});
