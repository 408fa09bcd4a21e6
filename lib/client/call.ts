import type { CommandReply } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent, SessionStatus } from '../protocol/events.ts';
import type { Answerer } from './answerer.ts';
import { type Ended, readEnded, readStatus } from './call-events.ts';
import { candidateMessages, isOpenAgain } from './candidate-messages.ts';
import type { PatchbayClient } from './client.ts';
import { ReplayEmitter, type Unsubscribe } from './emitter.ts';
import { toPatchbayError } from './failures.ts';
import type { FarSide } from './far-side.ts';
import { RemoteMedia } from './remote-media.ts';
import { SessionCommands } from './session-commands.ts';
import type { Trickle } from './trickle.ts';

/** As many as the server keeps of a session for a client that comes back. */
const keptEvents = 64;

/** The parts of a call, which lives as long as its session. */
export interface CallMedia {
  readonly peerConnection: RTCPeerConnection;
  readonly farSide: FarSide;
  readonly trickle: Trickle;
  readonly dataChannel: RTCDataChannel | undefined;
  /** Where the server makes the offers. */
  readonly answerer: Answerer | undefined;
}

/** The reply to its `create`. `room` is the older name of `room_id`. */
type MadeSession = Pick<CommandReply<'session/create'>, 'session_id' | 'resume_token' | 'room_id' | 'room'>;

/**
 * A session and its peer connection, which live and end together. Made by `startCall`, `joinCall` and `listenTo`.
 *
 * It ends, once, by whatever comes first: `hangUp`, the session's `destroyed` event, a peer connection that failed,
 * `close` of the client, or a reconnect that finds the session gone: while the client reconnects, media goes on. Then
 * the peer connection is closed; the tracks that are sent stay with whoever made them.
 *
 * What came before the first listener of its kind is given to that listener.
 */
export class Call extends SessionCommands {
  /** The room that it is in, where its type has one. */
  readonly roomId: string | undefined;
  readonly peerConnection: RTCPeerConnection;
  /** Where `data` was asked for. */
  readonly dataChannel: RTCDataChannel | undefined;
  readonly #farSide: FarSide;
  readonly #answerer: Answerer | undefined;
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
    { peerConnection, farSide, trickle, dataChannel, answerer }: CallMedia,
    session: MadeSession,
    early: readonly PatchbayEvent[],
  ) {
    super(client, session.session_id);
    this.roomId = session.room_id ?? session.room;
    this.dataChannel = dataChannel;
    this.#answerer = answerer;
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
    this.#resumeToken = this.client.resumeToken(this.sessionId) ?? this.#resumeToken;
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
    const destroy = () => this.client.request('session/destroy', { session_id: this.sessionId });
    if (this.client.state.status !== 'reconnecting') {
      await destroy();
      return;
    }
    void isOpenAgain(this.client).then((isOpen) => (isOpen ? destroy().catch(() => undefined) : undefined));
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

  /** What the far side says of itself; what this client made itself, its event only repeats. */
  #follow(event: PatchbayEvent): void {
    const giveUp = (error: unknown) => this.#fail(error);
    if (event.type === 'candidate') this.#farSide.receiveCandidate(event);
    else if (event.type === 'answer') this.#farSide.receiveAnswer(event).catch(giveUp);
    else if (event.type === 'offer') this.#answerer?.receiveOffer(event).catch(giveUp);
  }

  #watchPeerConnection(): void {
    if (this.peerConnection.connectionState === 'failed') this.#fail(new Error('the media connection failed'));
  }

  /** @param error what the server refused, or what WebRTC did */
  #fail(error: unknown): void {
    if (this.#ended) return;
    // The server would notice by itself, a minute later; it is told as a courtesy, and may know already.
    this.#destroy().catch(() => undefined);
    this.#end(this.#localEnd(toPatchbayError(error)));
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
    this.client.release(this.sessionId);
    this.#endings.emit(ended);
  }
}
