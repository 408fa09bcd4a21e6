import type { CommandInput } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent, SessionStatus } from '../protocol/events.ts';
import type { Applied } from '../protocol/session.ts';
import { type Ended, readEnded, readStatus } from './call-events.ts';
import { candidateMessages, isOpenAgain } from './candidate-messages.ts';
import type { PatchbayClient } from './client.ts';
import { ReplayEmitter, type Unsubscribe } from './emitter.ts';
import type { FarSide } from './far-side.ts';
import { RemoteMedia } from './remote-media.ts';
import type { Trickle } from './trickle.ts';

/** As many as the server keeps of a session for a client that comes back. */
const keptEvents = 64;

export type MediaChanges = Omit<CommandInput<'session/update_media'>, 'session_id'>;

/** The parts of a call, which lives as long as its session. */
export interface CallMedia {
  readonly peerConnection: RTCPeerConnection;
  readonly farSide: FarSide;
  readonly trickle: Trickle;
}

/**
 * A session and its peer connection, which live and end together. Made by `startCall` and `joinCall`.
 *
 * It ends, once, by whatever comes first: `hangUp`, the session's `destroyed` event, a peer connection that failed,
 * `close` of the client, or a reconnect that finds the session gone: while the client reconnects, media goes on. Then
 * the peer connection is closed; the tracks that are sent stay with whoever made them.
 *
 * What came before the first listener of its kind is given to that listener.
 */
export class Call {
  readonly sessionId: string;
  readonly peerConnection: RTCPeerConnection;
  readonly #client: PatchbayClient;
  readonly #farSide: FarSide;
  readonly #remote: RemoteMedia;
  readonly #startedAtMs = performance.now();
  readonly #statuses = new ReplayEmitter<SessionStatus>(keptEvents);
  readonly #events = new ReplayEmitter<PatchbayEvent>(keptEvents);
  readonly #endings = new ReplayEmitter<Ended>(1);
  readonly #subscriptions: Unsubscribe[];
  #resumeToken: string;
  #ended: Ended | undefined;
  #hangingUp: Promise<void> | undefined;

  /** @param early the session's events that arrived before the reply to its `create` */
  constructor(
    client: PatchbayClient,
    { peerConnection, farSide, trickle }: CallMedia,
    session: { readonly session_id: string; readonly resume_token: string },
    early: readonly PatchbayEvent[],
  ) {
    this.#client = client;
    this.sessionId = session.session_id;
    this.#resumeToken = session.resume_token;
    this.#farSide = farSide;
    this.peerConnection = peerConnection;
    this.#remote = new RemoteMedia(peerConnection);
    const watch = () => this.#watchPeerConnection();
    peerConnection.addEventListener('connectionstatechange', watch);
    this.#subscriptions = [
      () => peerConnection.removeEventListener('connectionstatechange', watch),
      () => this.#remote.stop(),
      () => trickle.stop(),
      client.onSessionEvent(this.sessionId, (event) => this.#receive(event)),
      client.onSessionLost(({ sessionId, error }) => {
        if (sessionId === this.sessionId) this.#end(this.#localEnd(error));
      }),
      // Nothing more is heard of the session then.
      client.onState(({ status }) => {
        if (status === 'closed') this.#end(this.#localEnd(new PatchbayError('registered_down')));
      }),
    ];
    trickle.start(candidateMessages(client, this.sessionId));
    for (const event of early) this.#receive(event);
  }

  /** Lets another connection of the tenant take the session over: as secret as a password, new at each attach. */
  get resumeToken(): string {
    this.#resumeToken = this.#client.resumeToken(this.sessionId) ?? this.#resumeToken;
    return this.#resumeToken;
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
      await this.#destroy();
    } catch (error) {
      if (!(error instanceof PatchbayError && error.reason === 'session_not_found')) throw error;
    } finally {
      this.#end(this.#localEnd(new PatchbayError('user_stop')));
    }
  }

  /** While the client reconnects, the session is told later: for whoever hangs up, the call is over. */
  async #destroy(): Promise<void> {
    const destroy = () => this.#client.request('session/destroy', { session_id: this.sessionId });
    if (this.#client.state.status !== 'reconnecting') {
      await destroy();
      return;
    }
    void isOpenAgain(this.#client).then((isOpen) => (isOpen ? destroy().catch(() => undefined) : undefined));
  }

  #receive(event: PatchbayEvent): void {
    if (this.#ended) return;
    this.#follow(event);
    this.#events.emit(event);
    if (event.type === 'status') {
      const status = readStatus(event.body);
      if (status) this.#statuses.emit(status);
    } else if (event.type === 'destroyed') {
      this.#end(readEnded(event.body));
    }
  }

  /** What the far side says of itself; where this client made the answer, its event only repeats it. */
  #follow(event: PatchbayEvent): void {
    if (event.type === 'candidate') this.#farSide.receiveCandidate(event);
    else if (event.type === 'answer') {
      this.#farSide.receiveAnswer(event).catch((error: unknown) => {
        this.#fail(error instanceof Error ? error.message : 'the answer is of no use');
      });
    }
  }

  #watchPeerConnection(): void {
    if (this.peerConnection.connectionState === 'failed') this.#fail('the media connection failed');
  }

  #fail(why: string): void {
    if (this.#ended) return;
    // The server would notice by itself, a minute later; it is told as a courtesy, and may know already.
    this.#destroy().catch(() => undefined);
    this.#end(this.#localEnd(new PatchbayError('session_failed', why)));
  }

  #localEnd(error: PatchbayError): Ended {
    const duration = Math.round((performance.now() - this.#startedAtMs) / 1000);
    return { ...error.toBody(), duration };
  }

  #end(ended: Ended): void {
    if (this.#ended) return;
    this.#ended = ended;
    // For `resumeToken`, which stays readable.
    void this.resumeToken;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.peerConnection.close();
    this.#client.release(this.sessionId);
    this.#endings.emit(ended);
  }
}
