import type { Candidate } from '../../protocol/candidate.ts';
import type { JanusConnection } from './connection.ts';
import type { JanusHandle } from './handle.ts';

/**
 * How long a client may take to connect once it has its offer or answer. Where Janus knows no candidate of a client it
 * waits for it for ever; where it does, it gives up by itself after about 20 s.
 */
const connectMs = 60_000;

/** What all media sessions have in common that are one client's peer connection on one handle. */
export abstract class OneHandle {
  readonly connection: JanusConnection;
  readonly handle: JanusHandle;
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(connection: JanusConnection, handle: JanusHandle) {
    this.connection = connection;
    this.handle = handle;
  }

  async addCandidates(candidates: readonly Candidate[]): Promise<void> {
    if (this.connection.passesCandidates) await this.handle.trickle(candidates);
  }

  async endCandidates(): Promise<void> {
    if (this.connection.passesCandidates) await this.handle.trickle('completed');
  }

  /** Janus has both descriptions: it is the client's turn, and if it never comes, that is the end. */
  expectClient(): void {
    this.#cancel();
    if (this.#isClosed) return;
    const look = () => {
      if (!this.handle.endUnlessUp(`not connected in ${connectMs / 1000} s`)) this.expectClient();
    };
    this.#cancel = this.connection.clock.after(connectMs, look);
  }

  /** Janus closes the files of a handle that is detached. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.connection.detach(this.handle);
  }
}
