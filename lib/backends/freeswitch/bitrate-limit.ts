import type { FreeSwitchConnection } from './connection.ts';
import { videoBitrate } from './requests.ts';

/** FreeSWITCH says +OK to a second limit that comes sooner than this after another, and forgets it. */
const againMs = 4000;

/** What a client's camera may send. */
export class BitrateLimit {
  readonly #connection: FreeSwitchConnection;
  readonly #channelId: string;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(connection: FreeSwitchConnection, channelId: string) {
    this.#connection = connection;
    this.#channelId = channelId;
  }

  /** @param bps 0: unlimited. @throws PatchbayError as a request */
  async set(bps: number): Promise<void> {
    this.stop();
    const { clock } = this.#connection.options;
    const isTooSoon = clock.nowMs() - this.#lastAtMs < againMs;
    await this.#tell(bps);
    // The last one counts: once more when it is heard again.
    if (isTooSoon) this.#cancel = clock.after(againMs, () => void this.#tell(bps).catch(() => {}));
  }

  /** The channel is over. */
  stop(): void {
    this.#cancel();
  }

  async #tell(bps: number): Promise<void> {
    this.#lastAtMs = this.#connection.options.clock.nowMs();
    await this.#connection.request(videoBitrate(this.#channelId, bps), 'bitrate');
  }
}
