import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaRecorder } from '../backend.ts';
import type { JanusHandle } from './handle.ts';

/**
 * The recorder that a plugin keeps for a handle: a file a medium, `-audio.mjr` and so on after `base`. Files are complete
 * as soon as Janus has answered to the stop.
 */
export class HandleRecorder implements MediaRecorder {
  readonly #handle: JanusHandle;
  readonly #request: Readonly<Record<string, unknown>>;

  /** @param request what goes with the request, where a plugin wants to know which it is */
  constructor(handle: JanusHandle, request: Readonly<Record<string, unknown>> = {}) {
    this.#handle = handle;
    this.#request = request;
  }

  async start(base: string): Promise<void> {
    await this.#handle.request({ ...this.#request, record: true, filename: base });
  }

  /** A peer that ends may have the handle freed before, or meanwhile: then, too, its files are complete. */
  async stop(): Promise<void> {
    await Promise.race([this.#stop(), this.#handle.freed]);
  }

  async #stop(): Promise<void> {
    try {
      await this.#handle.request({ ...this.#request, record: false });
    } catch (error) {
      if (isUnknown(error)) return;
      if (this.#handle.isEnded) await this.#handle.detach();
      if (!this.#handle.wasFreed) throw error;
    }
  }
}

/** Janus says that it does not have the handle any more. */
const isUnknown = (error: unknown): boolean =>
  error instanceof PatchbayError && error.reason === 'janus_session_down' && error.engine !== undefined;
