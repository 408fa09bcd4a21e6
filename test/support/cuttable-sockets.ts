import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const channel = 'net.client.socket';

/** The TCP connections that this process makes to ports of this machine: overheard, and cut on command. */
export class CuttableSockets {
  readonly #sockets = new Set<Socket>();
  readonly #received = new Map<number, string>();
  readonly #closedPorts = new Set<number>();
  #isSparing = false;

  constructor() {
    subscribe(channel, this.#watch);
  }

  /** Cuts those to a port, and lets no new one come up until `mend`. */
  cut(port: number): void {
    this.#closedPorts.add(port);
    for (const socket of this.#sockets) if (socket.remotePort === port) socket.resetAndDestroy();
  }

  /** All that came from a port so far. */
  received(port: number): string {
    return this.#received.get(port) ?? '';
  }

  mend(): void {
    this.#closedPorts.clear();
  }

  /** What `work` connects at once is not cut. */
  spare<T>(work: () => T): T {
    this.#isSparing = true;
    try {
      return work();
    } finally {
      this.#isSparing = false;
    }
  }

  stop(): void {
    unsubscribe(channel, this.#watch);
  }

  readonly #watch = (message: unknown): void => {
    if (this.#isSparing) return;
    const { socket } = message as { readonly socket: Socket };
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.once('connectionAttempt', (_ip: string, port: number) => {
      if (!this.#closedPorts.has(port)) return;
      // Not here: Node is about to connect it.
      process.nextTick(() => socket.destroy(new Error(`port ${port} is closed by the test`)));
    });
  };
}
