import * as z from 'zod/mini';
import { mediaFlows } from '../../domain/media-flow.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaSink } from '../backend.ts';
import { type HandleInfo, isReady } from './admin.ts';
import type { JanusConnection } from './connection.ts';
import type { JanusHandle } from './handle.ts';

/** How often Janus is asked, and how long a side may send nothing: noticed within 75 s, as an ICE client's death is. */
const everyMs = 5000;
const silenceMs = 60_000;

/** What it needs of a connection. */
type Asked = Pick<JanusConnection, 'clock' | 'handleInfo'>;

/**
 * Notices that the plain RTP side of a proxy is gone, of which Janus tells nothing: a side that promised media and sends
 * none for a minute. It is heard by what Janus passes on of it, which only its admin API tells; without one the owner's
 * connection decides alone.
 */
export class RtpSilence {
  readonly #connection: Asked;
  readonly #handle: JanusHandle;
  readonly #sink: MediaSink;
  #packets = 0;
  #heardAtMs = 0;
  #isStopped = false;
  #cancel: () => void = () => {};

  constructor(connection: Asked, handle: JanusHandle, sink: MediaSink) {
    this.#connection = connection;
    this.#handle = handle;
    this.#sink = sink;
  }

  /**
   * Listens from now on.
   *
   * @param rtp what the RTP side's client described
   * @param webrtc what the WebRTC side's client described
   */
  watch(rtp: string, webrtc: string): void {
    if (this.#isStopped || !mediaFlows(rtp, webrtc)) return;
    this.#heardAtMs = this.#connection.clock.nowMs();
    this.#askLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #askLater(): void {
    this.#cancel = this.#connection.clock.after(everyMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const info = await this.#connection.handleInfo(this.#handle);
    if (this.#isStopped) return;
    const packets = passedOn(info);
    const nowMs = this.#connection.clock.nowMs();
    // As long as the WebRTC side is not up nothing is passed on, and nobody can tell.
    if (info && !isReady(info)) this.#heardAtMs = nowMs;
    if (packets !== undefined && packets === this.#packets && nowMs - this.#heardAtMs >= silenceMs) {
      this.stop();
      const cause = `no RTP for ${silenceMs / 1000} s`;
      this.#sink.status({ class: 'hangup', cause });
      this.#sink.stopped(new PatchbayError('session_stop', `the media connection ended: ${cause}`));
      return;
    }
    if (packets !== undefined && packets !== this.#packets) {
      this.#packets = packets;
      this.#heardAtMs = nowMs;
    }
    this.#askLater();
  }
}

const handleInfo = z.object({
  webrtc: z.object({
    media: z.record(z.string(), z.object({ stats: z.object({ out: z.object({ packets: z.int() }) }) })),
  }),
});

/** How many RTP packets Janus has sent to the WebRTC side: all of them are the RTP side's. */
function passedOn(info: HandleInfo | undefined): number | undefined {
  const parsed = handleInfo.safeParse(info);
  if (!parsed.success) return undefined;
  return Object.values(parsed.data.webrtc.media).reduce((sum, { stats }) => sum + stats.out.packets, 0);
}
