import { once } from 'node:events';
import { createServer } from 'node:http';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';

/** The connection-management API over HTTP, with a list of what was posted to whom. */
export class PostedEvents {
  readonly #posts: { readonly connectionId: string; readonly event: PatchbayEvent }[] = [];
  /** The status of the next posts, 200 when the list is used up. */
  readonly statuses: number[] = [];
  readonly signatures: string[] = [];
  /** Called before a post is answered. */
  onPost: () => void | Promise<void> = () => {};
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [, id] = /^\/[a-z]+\/@connections\/([^/]+)$/.exec(request.url ?? '') ?? [];
    await this.onPost();
    this.signatures.push(request.headers.authorization ?? '');
    const status = id === undefined ? 404 : (this.statuses.shift() ?? 200);
    if (status === 200 && id !== undefined) {
      for (const event of [JSON.parse(Buffer.concat(chunks).toString('utf8')).data].flat()) {
        this.#posts.push({ connectionId: decodeURIComponent(id), event });
      }
    }
    response.writeHead(status).end();
  });
  #url = '';

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address !== 'object' || !address) throw new Error('the management API has no port');
    this.#url = `http://127.0.0.1:${address.port}/test`;
    return this;
  }

  get url(): string {
    return this.#url;
  }

  /** What a connection got of an object. */
  of(connectionId: string, objectId: string, type?: string): PatchbayEvent[] {
    return this.#posts
      .filter((post) => post.connectionId === connectionId && post.event.obj_id === objectId)
      .map(({ event }) => event)
      .filter((event) => type === undefined || event.type === type);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
