import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { signatureHeader, timeHeader, verify } from '../../lib/domain/signature.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';

export interface NodeRequest {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/**
 * What a node answers, throws, or instead: `drop` cuts the socket, `hang` never answers. Before that it may say that it
 * carries the request out: 102 (Processing).
 */
export type Behaviour = (request: NodeRequest, accept: () => void) => unknown;
export const drop = Symbol('drop');
export const hang = Symbol('hang');

/** A media node's HTTP side on a free port of loopback: checks signatures as a node does, answers as the test says. */
export async function startFakeNode(keys: readonly string[]) {
  const requests: NodeRequest[] = [];
  const sockets = new Set<unknown>();
  const state: { keys: readonly string[]; behaviour: Behaviour } = { keys, behaviour: () => ({}) };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    sockets.add(request.socket);
    const body = await text(request);
    const path = request.url ?? '';
    const message = { method: request.method ?? '', path, timeMs: Number(request.headers[timeHeader]), body };
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (!verify(message, String(request.headers[signatureHeader]), state.keys, Date.now())) {
      return send(401, new PatchbayError('not_authenticated', 'the signature is not valid').toBody());
    }
    const heard = { path, body: JSON.parse(body) };
    requests.push(heard);
    try {
      const result = await state.behaviour(heard, () => response.writeProcessing());
      if (result === drop) request.socket.destroy();
      else if (result !== hang && !response.destroyed) send(200, result);
    } catch (error) {
      if (!(error instanceof PatchbayError)) return send(500, { odd: true });
      send(error.reason === 'internal_error' ? 500 : 400, error.toBody());
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    /** What it heard that was signed as it should be. */
    requests,
    /** Over how many sockets. */
    get sockets() {
      return sockets.size;
    },
    /** How it answers from now on. */
    answers(behaviour: Behaviour) {
      state.behaviour = behaviour;
    },
    /** The keys that it takes from now on: it was started again. */
    takes(now: readonly string[]) {
      state.keys = now;
    },
    /** Closes the sockets that are idle, as a node does after its keep-alive time. */
    closeIdle: () => server.closeAllConnections(),
    async stop() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type FakeNode = Awaited<ReturnType<typeof startFakeNode>>;
