/** What was received: a command of the event socket, or the start line of a SIP message. */
export interface Received {
  readonly via: 'esl' | 'sip';
  readonly text: string;
  readonly atMs: number;
}

export type Pattern = string | RegExp;

interface Order {
  readonly pattern: Pattern;
  readonly reply?: string;
  readonly delayMs: number;
}

export const fits = (pattern: Pattern, text: string): boolean =>
  typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);

/** What a test wants of the next message that fits; each order is obeyed once. It outlives a restart. */
export class Steering {
  readonly received: Received[] = [];
  #orders: Order[] = [];
  #eventDelays: Order[] = [];
  #joins: Pattern[] = [];

  failNext(pattern: Pattern, reply: string): void {
    this.#orders.push({ pattern, reply, delayMs: 0 });
  }

  delayNext(pattern: Pattern, delayMs: number): void {
    this.#orders.push({ pattern, delayMs });
  }

  delayEvent(pattern: Pattern, delayMs: number): void {
    this.#eventDelays.push({ pattern, delayMs });
  }

  joinNext(pattern: Pattern): void {
    this.#joins.push(pattern);
  }

  /** Whether what is to be sent waits for what is sent after it. */
  waitsForNext(text: string): boolean {
    const pattern = this.#joins.find((one) => fits(one, text));
    this.#joins = this.#joins.filter((one) => one !== pattern);
    return pattern !== undefined;
  }

  /** Notes what came; tells whether it is to be answered otherwise, or later. */
  receive(via: Received['via'], text: string): { readonly reply?: string; readonly delayMs: number } {
    this.received.push({ via, text, atMs: performance.now() });
    const orders = this.#orders.filter(({ pattern }) => fits(pattern, text));
    const fail = orders.find(({ reply }) => reply !== undefined);
    const delay = orders.find(({ reply }) => reply === undefined);
    this.#orders = this.#orders.filter((order) => order !== fail && order !== delay);
    return { delayMs: delay?.delayMs ?? 0, ...(fail?.reply !== undefined && { reply: fail.reply }) };
  }

  /** How much later an event is to be told of. */
  eventDelayMs(text: string): number {
    const order = this.#eventDelays.find(({ pattern }) => fits(pattern, text));
    this.#eventDelays = this.#eventDelays.filter((one) => one !== order);
    return order?.delayMs ?? 0;
  }
}
