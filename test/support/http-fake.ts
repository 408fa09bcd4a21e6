import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A double that speaks HTTP on a free port of loopback. */
export abstract class HttpFake {
  readonly #server = createServer((request, response) => void this.serve(request, response));

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || !address) throw new Error('it has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Cuts off who is still connected. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  protected abstract serve(request: IncomingMessage, response: ServerResponse): unknown;
}
