import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiGatewayPoster, type Poster } from '../../../lib/push/poster.ts';

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly body: string;
}

let server: Server;
let poster: Poster;
let status = 200;
let seen: Seen[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    seen.push({ method: request.method, path: request.url, body: await text(request) });
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  poster = apiGatewayPoster(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/prod`, true);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function posted(answer: number) {
  status = answer;
  seen = [];
  return poster.post('L0SM9cOFvHcCIhw=', 'häl"lo');
}

describe('a post', () => {
  test('goes to the connection, its id escaped, its text as it is', async () => {
    expect(await posted(200)).toBe('sent');
    expect(seen).toEqual([{ method: 'POST', path: '/prod/@connections/L0SM9cOFvHcCIhw%3D', body: 'häl"lo' }]);
  });

  test.each([
    [410, 'gone'],
    [413, 'refused'],
    [429, 'busy'],
    [400, 'busy'],
    [403, 'busy'],
    [500, 'busy'],
    [503, 'busy'],
    [0, 'busy'],
  ])('answered with %i is %s, and is not tried again here', async (answer, result) => {
    expect(await posted(answer)).toBe(result);
    expect(seen).toHaveLength(1);
  });
});

test.each([204, 410, 500, 0])(
  'disconnect deletes the connection and never throws, answered with %i',
  async (answer) => {
    status = answer;
    seen = [];
    await poster.disconnect('abc=');
    expect(seen).toMatchObject([{ method: 'DELETE', path: '/prod/@connections/abc%3D' }]);
  },
);

test('a gateway that is away is busy', async () => {
  const away = apiGatewayPoster('http://127.0.0.1:1', true);
  expect(await away.post('a', 'x')).toBe('busy');
  await away.disconnect('a');
});
