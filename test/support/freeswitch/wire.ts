import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came over a connection, in order, to be looked through and waited for. */
export class Inbox<T> {
  readonly all: { readonly item: T; readonly atMs: number }[] = [];
  readonly #waiting = new Set<(item: T) => void>();
  readonly #taken = new Set<T>();

  add(item: T): void {
    this.all.push({ item, atMs: performance.now() });
    for (const look of [...this.#waiting]) look(item);
  }

  get items(): readonly T[] {
    return this.all.map(({ item }) => item);
  }

  atMs(item: T): number {
    return this.all.find((one) => one.item === item)?.atMs ?? Number.NaN;
  }

  /** The first that fits and was not taken yet, past or to come. */
  async take(what: string, fits: (item: T) => boolean, timeoutMs = 5000): Promise<T> {
    const there = this.items.find((item) => !this.#taken.has(item) && fits(item));
    if (there !== undefined) {
      this.#taken.add(there);
      return there;
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = (item: T) => {
      if (this.#taken.has(item) || !fits(item)) return;
      this.#taken.add(item);
      this.#waiting.delete(look);
      resolve(item);
    };
    this.#waiting.add(look);
    const late = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(look);
    }
  }
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}
