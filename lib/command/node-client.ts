import { Agent, request } from 'node:http';
import * as z from 'zod/mini';
import type { Clock } from '../domain/clock.ts';
import type { Node } from '../domain/placement.ts';
import { sign, signatureHeader, timeHeader } from '../domain/signature.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { NodeDirectory } from './node-directory.ts';

/** No answer was had from the node. */
export class NodeUnreachable extends Error {
  override readonly name = 'NodeUnreachable';
  readonly nodeId: string;
  /** The request cannot have reached it; otherwise whether it did is unknown. */
  readonly unheard: boolean;

  constructor(nodeId: string, cause: unknown) {
    super(`node ${nodeId} does not answer`, { cause });
    this.nodeId = nodeId;
    this.unheard = codeOf(cause) === 'ECONNREFUSED';
  }
}

const errorBody = z.object({ reason: z.string(), error: z.string(), retry_after: z.optional(z.number()) });
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
/** For requests that may wait long on the node: they must not take the sockets of all the others. */
const waitingAgent = new Agent({ keepAlive: true });
const longMs = 15_000;

/** How long a node may take, in ms: until it says that it carries the request out, and until the result is there. */
export interface Patience {
  readonly acceptMs?: number;
  readonly resultMs: number;
}

/** A socket that the node closed while it was idle: the request on it never arrived, or its answer was lost. */
const deadSocket = new Set(['ECONNRESET', 'EPIPE']);

/** Signed calls to nodes, over connections that are kept. */
export class NodeClient {
  readonly #directory: NodeDirectory;
  readonly #clock: Clock;

  constructor(directory: NodeDirectory, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /**
   * Posts to a node and returns what it answers. Tried once more on a dead socket or after a new key; each body carries
   * a `request_id`, so that the node does nothing twice.
   *
   * @throws PatchbayError what the node refused
   * @throws NodeUnreachable
   */
  async post(node: Node, path: string, body: unknown, patience: Patience): Promise<unknown> {
    const text = JSON.stringify(body);
    let answer = await this.#try(node, path, text, patience);
    if (answer === undefined || answer.status === 401) {
      if (answer) this.#directory.forget(node.nodeId);
      answer = await this.#try(node, path, text, patience);
    }
    if (!answer) throw this.#unreachable(node.nodeId, new Error('the connection was closed'));
    if (answer.status === 401) throw this.#unreachable(node.nodeId, new Error('the node does not take its own key'));
    const value: unknown = JSON.parse(answer.text);
    if (answer.status === 200) return value;
    const error = z.safeParse(errorBody, value);
    if (error.success) throw PatchbayError.fromBody(error.data);
    throw new Error(`node ${node.nodeId} answered ${answer.status}`);
  }

  /** @returns undefined for a dead socket */
  async #try(
    node: Node,
    path: string,
    text: string,
    patience: Patience,
  ): Promise<{ status: number; text: string } | undefined> {
    const key = await this.#directory.key(node.nodeId);
    if (key === undefined) throw this.#unreachable(node.nodeId, new Error('the node has no key'));
    const timeMs = this.#clock.nowMs();
    const headers = {
      'content-type': 'application/json',
      [timeHeader]: String(timeMs),
      [signatureHeader]: sign({ method: 'POST', path, timeMs, body: text }, key),
    };
    try {
      return await send(new URL(path, node.url), headers, text, patience);
    } catch (error) {
      if (deadSocket.has(codeOf(error))) return undefined;
      throw this.#unreachable(node.nodeId, error);
    }
  }

  #unreachable(nodeId: string, cause: unknown): NodeUnreachable {
    this.#directory.forget(nodeId);
    return new NodeUnreachable(nodeId, cause);
  }
}

function send(
  url: URL,
  headers: Record<string, string>,
  text: string,
  { acceptMs, resultMs }: Patience,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const abort = new AbortController();
    const outgoing = request(url, {
      method: 'POST',
      agent: resultMs > longMs ? waitingAgent : agent,
      headers,
      signal: abort.signal,
    });
    const late = setTimeout(() => abort.abort(new Error('no result in time')), resultMs);
    const unaccepted =
      acceptMs === undefined ? undefined : setTimeout(() => abort.abort(new Error('not accepted in time')), acceptMs);
    outgoing.on('close', () => {
      clearTimeout(late);
      clearTimeout(unaccepted);
    });
    // 102 (Processing): the node carries it out.
    outgoing.on('information', () => clearTimeout(unaccepted));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      clearTimeout(unaccepted);
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.end(text);
  });
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}
