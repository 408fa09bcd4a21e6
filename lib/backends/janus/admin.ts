import janode, { type JanodeConnection, type JanusMessage } from 'janode';
import * as z from 'zod/mini';
import { withTimeout } from '../../domain/with-timeout.ts';
import type { JanusAdminAddress } from './url.ts';

/** It answers in milliseconds; nothing waits for it that could not do without. */
const timeoutMs = 3000;

const handleList = z.object({ handles: z.array(z.number()) });
const handleInfo = z.object({ info: z.record(z.string(), z.unknown()) });
export type HandleInfo = z.output<typeof handleInfo>['info'];

/** Whether a handle's peer connection is up. */
export const isReady = ({ flags }: HandleInfo): boolean =>
  typeof flags === 'object' && flags !== null && Reflect.get(flags, 'ready') === true;

/**
 * Janus' admin API on a WebSocket of its own: opened when it is first asked, and again after a loss.
 * https://janus.conf.meetecho.com/docs/admin.html
 */
export class JanusAdmin {
  readonly #address: JanusAdminAddress;
  #connection: Promise<JanodeConnection> | undefined;
  #closed = false;

  constructor(address: JanusAdminAddress) {
    this.#address = address;
  }

  /** The handles of a session. @throws Error, Janus' own with its code */
  async listHandles(sessionId: number): Promise<number[]> {
    return handleList.parse(await this.#ask((janus) => janus.listHandles(sessionId))).handles;
  }

  /** All that Janus knows of a handle. @throws Error, Janus' own with its code: `isGone` when there is none */
  async handleInfo(sessionId: number, handleId: number): Promise<HandleInfo> {
    return handleInfo.parse(await this.#ask((janus) => janus.handleInfo(sessionId, handleId))).info;
  }

  /** Never throws; nothing can be asked any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  async #ask(question: (janus: JanodeConnection) => Promise<JanusMessage>): Promise<JanusMessage> {
    if (this.#closed) throw new Error('the admin connection is closed');
    this.#connection ??= this.#open();
    const connection = this.#connection;
    let answered = false;
    try {
      const answer = await withTimeout(connection.then(question), timeoutMs, () => new Error('no answer'));
      answered = true;
      return answer;
    } catch (error) {
      answered = error instanceof Error && /^\d{3} /.test(error.message);
      throw error;
    } finally {
      // One that does not answer is opened anew the next time.
      if (!answered && this.#connection === connection) void this.#drop();
    }
  }

  #open(): Promise<JanodeConnection> {
    const { url, secret } = this.#address;
    const opening = janode.connect({
      address: { url, ...(secret !== undefined && { apisecret: secret }) },
      is_admin: true,
      max_retries: 0,
    });
    const onLost = () => {
      if (this.#connection === opening) this.#connection = undefined;
    };
    opening.then((connection) => {
      connection.once(janode.EVENT.CONNECTION_ERROR, onLost);
      connection.once(janode.EVENT.CONNECTION_CLOSED, onLost);
    }, onLost);
    return opening;
  }

  /** Closes it, also when it is still being opened. */
  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await withTimeout(
      Promise.resolve(connection?.then((open) => open.close())),
      timeoutMs,
      () => new Error('no answer'),
    ).catch(() => {});
  }
}
