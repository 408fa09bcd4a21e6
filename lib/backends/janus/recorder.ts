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
    await this.#handle.request({ ...this.#request, record: false });
  }
}
