import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server on this machine: what the network does to a connection, on command. */
export class CuttableProxy {
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #isDown = false;
  readonly #silent = new Set<Socket>();
  #silenceAt: string | undefined;

  private constructor(target: URL) {
    this.#target = target;
  }

  static async before(url: string): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(new URL(url));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The target's URL, by way of the proxy. */
  get url(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || !address) throw new Error('the proxy does not listen');
    const url = new URL(this.#target);
    url.port = `${address.port}`;
    return url.href;
  }

  /** Cuts every connection, without a closing handshake, and refuses new ones until `mend`. */
  cut(): void {
    this.#isDown = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#isDown = false;
  }

  /**
   * The next connection on which the target says this gets silent instead, both ways and without an end, as when a
   * router between has forgotten it. Others go on.
   */
  silenceAt(text: string): void {
    this.#silenceAt = text;
  }

  /** Ends the connections that are silent. */
  cutSilent(): void {
    for (const socket of this.#silent) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    if (this.#isDown) {
      socket.resetAndDestroy();
      return;
    }
    const far = connect(Number(this.#target.port), this.#target.hostname);
    const isSilent = () => this.#silent.has(socket);
    for (const [one, other] of [
      [socket, far],
      [far, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('data', (chunk) => {
        if (one === far && this.#isSilencedBy(chunk)) this.#silent.add(socket);
        if (!isSilent()) other.write(chunk);
      });
      one.on('end', () => isSilent() || other.end());
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        if (!isSilent()) other.destroy();
      });
    }
  }

  #isSilencedBy(said: Buffer): boolean {
    if (this.#silenceAt === undefined || !said.includes(this.#silenceAt)) return false;
    this.#silenceAt = undefined;
    return true;
  }
}
