import type { Engine } from '../../domain/placement.ts';
import type { Backend, MediaSession } from '../backend.ts';

/** No engine: two clients exchange media directly, and negotiate it through patchbay. */
export class P2pBackend implements Backend {
  readonly kind = 'p2p';
  readonly passesCandidates = false;
  #sessions = 0;

  engine(): Engine {
    return { kind: this.kind, name: 'p2p', version: '', up: true, sessions: this.#sessions };
  }

  start(): void {}

  async stop(): Promise<void> {}

  open(): MediaSession {
    this.#sessions += 1;
    let open = true;
    return {
      close: async () => {
        if (open) this.#sessions -= 1;
        open = false;
      },
    };
  }
}
