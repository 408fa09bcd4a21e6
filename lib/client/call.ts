import type { CommandInput } from '../protocol/commands.ts';
import { PatchbayError, type Reason } from '../protocol/errors.ts';
import type { PatchbayEvent, SessionStatus } from '../protocol/events.ts';
import type { Applied } from '../protocol/session.ts';
import { type Ended, readEnded, readStatus } from './call-events.ts';
import type { PatchbayClient } from './client.ts';
import { ReplayEmitter, type Unsubscribe } from './emitter.ts';
import { RemoteMedia } from './remote-media.ts';

/** As many as the server keeps of a session for a client that comes back. */
const keptEvents = 64;

export type MediaChanges = Omit<CommandInput<'session/update_media'>, 'session_id'>;

/**
 * A session and its peer connection, which live and end together. Made by `startCall`.
 *
 * It ends, once, by whatever comes first: `hangUp`, the session's `destroyed` event, a peer connection that failed,
 * or the loss of the client's connection. Then the peer connection is closed; the tracks that are sent stay with
 * whoever made them.
 *
 * What came before the first listener of its kind is given to that listener.
 */
export class Call {
  readonly sessionId: string;
  /** Lets another connection of the tenant take the session over: keep it as secret as a password. */
  readonly resumeToken: string;
  readonly peerConnection: RTCPeerConnection;
  readonly #client: PatchbayClient;
  readonly #remote: RemoteMedia;
  readonly #startedAtMs = performance.now();
  readonly #statuses = new ReplayEmitter<SessionStatus>(keptEvents);
  readonly #events = new ReplayEmitter<PatchbayEvent>(keptEvents);
  readonly #endings = new ReplayEmitter<Ended>(1);
  readonly #subscriptions: Unsubscribe[];
  #ended: Ended | undefined;
  #hangingUp: Promise<void> | undefined;

  /** @param early the session's events that arrived before the reply to its `create` */
  constructor(
    client: PatchbayClient,
    peerConnection: RTCPeerConnection,
    session: { readonly session_id: string; readonly resume_token: string },
    early: readonly PatchbayEvent[],
  ) {
    this.#client = client;
    this.sessionId = session.session_id;
    this.resumeToken = session.resume_token;
    this.peerConnection = peerConnection;
    this.#remote = new RemoteMedia(peerConnection);
    const watch = () => this.#watchPeerConnection();
    peerConnection.addEventListener('connectionstatechange', watch);
    this.#subscriptions = [
      () => peerConnection.removeEventListener('connectionstatechange', watch),
      () => this.#remote.stop(),
      client.onSessionEvent(this.sessionId, (event) => this.#receive(event)),
      // Until a client can attach again, nothing more is heard of the session.
      client.onState(({ status }) => {
        if (status === 'closed') this.#end(this.#localEnd('registered_down'));
      }),
    ];
    for (const event of early) this.#receive(event);
  }

  /** What the far side sends; undefined before its first track, if the platform has no `MediaStream` constructor. */
  get remoteStream(): MediaStream | undefined {
    return this.#remote.stream;
  }

  /** How the call ended; undefined while it lives. */
  get ended(): Ended | undefined {
    return this.#ended;
  }

  onStatus(listener: (status: SessionStatus) => void): Unsubscribe {
    return this.#statuses.on(listener);
  }

  /** Every event of the session, those with a listener of their own included. */
  onEvent(listener: (event: PatchbayEvent) => void): Unsubscribe {
    return this.#events.on(listener);
  }

  onEnded(listener: (ended: Ended) => void): Unsubscribe {
    return this.#endings.on(listener);
  }

  /**
   * Mutes, unmutes or limits (bit/s, 0: unlimited) what this client sends, on the server's side.
   *
   * @returns what took effect: `false` where the backend can't do it
   * @throws PatchbayError as `request`
   */
  async updateMedia(changes: MediaChanges): Promise<Applied> {
    const { applied } = await this.#client.request('session/update_media', { ...changes, session_id: this.sessionId });
    return applied;
  }

  /**
   * Destroys the session, then closes the peer connection, whatever the server answers.
   *
   * @throws PatchbayError as `request`, but for a session that is gone already
   */
  hangUp(): Promise<void> {
    this.#hangingUp ??= this.#hangUp();
    return this.#hangingUp;
  }

  async #hangUp(): Promise<void> {
    if (this.#ended) return;
    try {
      await this.#client.request('session/destroy', { session_id: this.sessionId });
    } catch (error) {
      if (!(error instanceof PatchbayError && error.reason === 'session_not_found')) throw error;
    } finally {
      this.#end(this.#localEnd('user_stop'));
    }
  }

  #receive(event: PatchbayEvent): void {
    if (this.#ended) return;
    this.#events.emit(event);
    if (event.type === 'status') {
      const status = readStatus(event.body);
      if (status) this.#statuses.emit(status);
    } else if (event.type === 'destroyed') {
      this.#end(readEnded(event.body));
    }
  }

  #watchPeerConnection(): void {
    if (this.peerConnection.connectionState !== 'failed' || this.#ended) return;
    this.#end(this.#localEnd('session_failed', 'the media connection failed'));
    // The server would notice by itself, a minute later; it is told as a courtesy, and may know already.
    this.#client.request('session/destroy', { session_id: this.sessionId }).catch(() => undefined);
  }

  #localEnd(reason: Reason, detail?: string): Ended {
    const duration = Math.round((performance.now() - this.#startedAtMs) / 1000);
    return { ...new PatchbayError(reason, detail).toBody(), duration };
  }

  #end(ended: Ended): void {
    if (this.#ended) return;
    this.#ended = ended;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.peerConnection.close();
    this.#endings.emit(ended);
  }
}
