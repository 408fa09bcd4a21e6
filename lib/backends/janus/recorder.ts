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

  async stop(): Promise<void> {
    await this.#handle.request({ ...this.#request, record: false }).catch(unlessFreed);
  }
}

/** A handle that Janus says it does not have any more it has freed, and closed its files before. */
function unlessFreed(error: unknown): void {
  const isFreed = error instanceof PatchbayError && error.reason === 'janus_session_down' && error.engine !== undefined;
  if (!isFreed) throw error;
}
