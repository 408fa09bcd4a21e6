import type { Call, Unsubscribe } from '../../../lib/client/index.ts';
import { type CallState, idle, isLive } from './call-state.ts';
import { explainEnd, isProblem, otherSources } from './explain.ts';
import { openSource, type Source, SourceError, type SourceKind } from './source.ts';

export interface CallPlan<Sent> {
  make(sent: Sent, signal: AbortSignal): Promise<Call>;
  /** Called when the call exists; what it subscribes to ends with the call. */
  follow(call: Call): Unsubscribe[];
}

/**
 * One call after another, as a panel of the page shows them. It owns the source, which it stops when the call ends;
 * the call itself closes its peer connection.
 */
export class CallRunner {
  readonly #onChange: (state: CallState) => void;
  #state = idle;
  #attempt: AbortController | undefined;
  #source: Source | undefined;
  #call: Call | undefined;

  constructor(onChange: (state: CallState) => void) {
    this.#onChange = onChange;
  }

  get state(): CallState {
    return this.#state;
  }

  /** The live call. */
  get call(): Call | undefined {
    return this.#call;
  }

  get isLive(): boolean {
    return isLive(this.#state);
  }

  /** Never rejects: what went wrong is in the state. */
  start(kind: SourceKind, { make, follow }: CallPlan<MediaStream>): Promise<void> {
    return this.#run(otherSources(kind), {
      make: async (_, signal) => {
        const source = await openSource(kind);
        if (signal.aborted) source.stop();
        else this.#source = source;
        signal.throwIfAborted();
        this.change({ local: source.stream });
        return make(source.stream, signal);
      },
      follow,
    });
  }

  /** A call that sends nothing. Never rejects. */
  receive(plan: CallPlan<undefined>): Promise<void> {
    return this.#run([], plan);
  }

  async hangUp(): Promise<void> {
    this.#attempt?.abort();
    if (!this.#call) {
      if (this.#state.phase === 'starting') this.#finish(undefined, false);
      return;
    }
    try {
      await this.#call.hangUp();
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown fault';
      this.change({ message: `The server may not have ended the session: ${why}`, isProblem: true });
    }
  }

  change(change: Partial<CallState>): void {
    this.#set({ ...this.#state, ...change });
  }

  /** Media flows; a second time changes nothing. */
  connected(): void {
    if (!this.isLive || this.#state.phase === 'connected') return;
    this.change({ phase: 'connected', connectedAtMs: Date.now(), remote: this.#call?.remoteStream });
  }

  /** Ends whatever is under way, and says nothing more. */
  dispose(): void {
    void this.hangUp();
    this.#source?.stop();
  }

  /** @param sources what else could be sent, if the source can't be opened */
  async #run(sources: readonly SourceKind[], plan: CallPlan<undefined>): Promise<void> {
    if (this.isLive) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#set({ ...idle, phase: 'starting' });
    try {
      this.#follow(await plan.make(undefined, attempt.signal), plan);
    } catch (error) {
      if (attempt.signal.aborted) return;
      const fallbacks = error instanceof SourceError ? sources : [];
      this.#finish(error instanceof Error ? error.message : 'The call could not be started.', true, fallbacks);
    }
  }

  #follow(call: Call, plan: CallPlan<undefined>): void {
    this.#call = call;
    this.change({ sessionId: call.sessionId, peerConnection: call.peerConnection, remote: call.remoteStream });
    const subscriptions = plan.follow(call);
    call.onEnded((ended) => {
      for (const unsubscribe of subscriptions) unsubscribe();
      this.#finish(explainEnd(ended), isProblem(ended));
    });
  }

  #finish(message: string | undefined, isProblem: boolean, fallbacks: readonly SourceKind[] = []): void {
    this.#source?.stop();
    this.#source = undefined;
    this.#call = undefined;
    const { connectedAtMs, recording } = this.#state;
    const ended = { phase: 'ended', endedAtMs: Date.now(), connectedAtMs, recording } as const;
    this.#set({ ...idle, ...ended, message, isProblem, fallbacks });
  }

  #set(state: CallState): void {
    this.#state = state;
    this.#onChange(state);
  }
}

/** Tells each change of a peer connection's state, and how it is now. */
export function watchConnection({ peerConnection }: Call, look: (state: RTCPeerConnectionState) => void): Unsubscribe {
  const listener = () => look(peerConnection.connectionState);
  peerConnection.addEventListener('connectionstatechange', listener);
  listener();
  return () => peerConnection.removeEventListener('connectionstatechange', listener);
}
