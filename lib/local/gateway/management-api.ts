import type { IncomingMessage, ServerResponse } from 'node:http';
import { CLOSED_NORMALLY, type Connection } from './connection.ts';
import { isFromThisMachine } from './origin.ts';
import { pause, type Reorder } from './reorder.ts';

const PREFIX = '/@connections/';

export interface ManagementApiOptions {
  /** The open connection of that id. */
  readonly find: (connectionId: string) => Connection | undefined;
  readonly stage: string;
  readonly messageBytes: number;
  readonly reorder: Reorder;
  readonly isHostAllowed: (hostHeader: string | undefined) => boolean;
  /** Ends the delays of the reorder mode. */
  readonly signal: AbortSignal;
}

/**
 * `POST`, `GET` and `DELETE /@connections/{connectionId}` as the API Gateway management API answers them, with the
 * stage in front of the path or without (as behind a custom domain).
 *
 * There is no signature check: what keeps others out is that only this machine is served, and neither a request with an
 * `Origin` (a browser's) nor one for another `Host`.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 * @returns a handler that resolves to false, without an answer, for every other path
 */
export function createManagementApi(
  options: ManagementApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const { find, stage, messageBytes, reorder, isHostAllowed, signal } = options;
  /** The last delivery of each connection: reorder mode must not let one post overtake another. */
  const lastDeliveries = new WeakMap<Connection, Promise<unknown>>();

  async function post(connection: Connection, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request, messageBytes);
    if (text === undefined) {
      answerError(response, 413, 'PayloadTooLargeException', `the message is longer than ${messageBytes} bytes`);
      return;
    }
    const turn = Promise.all([lastDeliveries.get(connection), pause(reorder.drawDelayMs(), signal)]);
    lastDeliveries.set(connection, turn);
    await turn;
    if (!connection.isOpen) {
      answerGone(response);
    } else if (!connection.canBuffer(Buffer.byteLength(text))) {
      answerError(response, 429, 'LimitExceededException', 'the client reads too slowly');
    } else {
      connection.send(text);
      response.writeHead(200).end();
    }
  }

  return async (request, response) => {
    const connectionId = connectionIdOf(request.url ?? '', stage);
    if (connectionId === undefined) return false;
    const { headers, socket } = request;
    if (headers.origin !== undefined || !isHostAllowed(headers.host) || !isFromThisMachine(socket)) {
      answerError(response, 403, 'ForbiddenException', 'Forbidden');
      return true;
    }
    const connection = find(connectionId);
    if (!['POST', 'GET', 'DELETE'].includes(request.method ?? '')) {
      answerError(response, 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    } else if (connection === undefined) {
      answerGone(response);
    } else if (request.method === 'POST') {
      await post(connection, request, response);
    } else if (request.method === 'GET') {
      answerJson(response, 200, describe(connection));
    } else {
      connection.close(CLOSED_NORMALLY);
      response.writeHead(204).end();
    }
    return true;
  };
}

/** The decoded id of `/@connections/{id}` or `/{stage}/@connections/{id}`; the SDK may encode the `@`, too. */
function connectionIdOf(url: string, stage: string): string | undefined {
  const path = url.split('?', 1)[0]?.replace(/%40connections\//i, '@connections/') ?? '';
  const local = path.startsWith(`/${stage}${PREFIX}`) ? path.slice(stage.length + 1) : path;
  if (!local.startsWith(PREFIX)) return undefined;
  const encoded = local.slice(PREFIX.length);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function describe({ info, lastActiveAtMs }: Connection): object {
  return {
    connectedAt: new Date(info.connectedAtMs).toISOString(),
    identity: { sourceIp: info.identity.sourceIp, userAgent: info.identity.userAgent ?? '' },
    lastActiveAt: new Date(lastActiveAtMs).toISOString(),
  };
}

/** The whole body, or undefined when it is too long: the rest is then read and dropped, so the answer gets through. */
async function readText(request: IncomingMessage, limitBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= limitBytes) chunks.push(chunk);
  }
  return bytes > limitBytes ? undefined : Buffer.concat(chunks).toString('utf8');
}

function answerGone(response: ServerResponse): void {
  answerError(response, 410, 'GoneException', 'Gone');
}

function answerError(response: ServerResponse, statusCode: number, errorType: string, message: string): void {
  response.setHeader('x-amzn-errortype', errorType);
  answerJson(response, statusCode, { message });
}

function answerJson(response: ServerResponse, statusCode: number, body: object): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
