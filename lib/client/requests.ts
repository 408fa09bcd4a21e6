import type * as z from 'zod/mini';
import { check } from '../protocol/check.ts';
import { type Command, type CommandInput, type CommandReply, commands } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Connection } from './connection.ts';

/** The table again, typed so that a command's name leads to its own reply. */
const rows: { readonly [C in Command]: { readonly reply: z.core.$ZodType<CommandReply<C>> } } = commands;

/** Typed requests on any of a client's connections. */
export class Requests {
  readonly #timeoutMs: number;
  #lastTid = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** @throws PatchbayError as `PatchbayClient.request` */
  async send<C extends Command>(connection: Connection, command: C, data: CommandInput<C>): Promise<CommandReply<C>> {
    this.#lastTid += 1;
    const [subclass, cmd] = command.split('/');
    const message = { class: 'media', subclass, cmd, data, tid: `c${this.#lastTid}` };
    return this.#read(command, await connection.exchange(message, command, this.#timeoutMs));
  }

  #read<C extends Command>(command: C, reply: unknown): CommandReply<C> {
    try {
      return check(rows[command].reply, reply, 'reply');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'unknown fault';
      throw new PatchbayError('internal_error', `the reply to ${command} can't be read: ${why}`, { cause });
    }
  }
}
