import { type Call, type Ended, type PatchbayClient, startCall } from '../../../lib/client/index.ts';
import { type CallState, idle } from './call-state.ts';
import { openSource, type Source, SourceError, type SourceKind } from './source.ts';

/** Ends that need no explanation in red. */
const ordinaryReasons = ['normal_termination', 'user_stop'];

/**
 * One echo call after another, as the page shows them. It owns the source, which it stops when the call ends; the
 * call itself closes its peer connection.
 */
export class EchoCall {
  readonly #client: PatchbayClient;
  readonly #onChange: (state: CallState) => void;
  #state = idle;
  #attempt: AbortController | undefined;
  #source: Source | undefined;
  #call: Call | undefined;
  #isWebrtcUp = false;

  constructor(client: PatchbayClient, onChange: (state: CallState) => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  /** Never rejects: what went wrong is in the state. */
  async start(kind: SourceKind): Promise<void> {
    if (this.#state.phase === 'starting' || this.#state.phase === 'connected') return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#isWebrtcUp = false;
    this.#set({ ...idle, phase: 'starting' });
    try {
      const source = await openSource(kind);
      if (attempt.signal.aborted) {
        source.stop();
        return;
      }
      this.#source = source;
      this.#set({ ...this.#state, local: source.stream });
      const call = await startCall(this.#client, { type: 'echo', stream: source.stream, signal: attempt.signal });
      this.#follow(call);
    } catch (error) {
      if (attempt.signal.aborted) return;
      const fallbacks = error instanceof SourceError ? otherSources(kind) : [];
      this.#finish(error instanceof Error ? error.message : 'The call could not be started.', true, fallbacks);
    }
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
      this.#set({ ...this.#state, message: `The server may not have ended the session: ${why}`, isProblem: true });
    }
  }

  async mute(media: 'audio' | 'video', isMuted: boolean): Promise<void> {
    const call = this.#call;
    if (!call || this.#state.isMuting) return;
    this.#set({ ...this.#state, isMuting: true, message: undefined });
    try {
      const changes = media === 'audio' ? { mute_audio: isMuted } : { mute_video: isMuted };
      await call.updateMedia(changes);
      if (call !== this.#call) return;
      const change = media === 'audio' ? { isAudioMuted: isMuted } : { isVideoMuted: isMuted };
      this.#set({ ...this.#state, ...change, isMuting: false });
    } catch (error) {
      if (call !== this.#call) return;
      const message = `Muting failed: ${error instanceof Error ? error.message : 'unknown fault'}`;
      this.#set({ ...this.#state, isMuting: false, message, isProblem: true });
    }
  }

  /** Ends whatever is under way, and says nothing more. */
  dispose(): void {
    void this.hangUp();
    this.#source?.stop();
  }

  #follow(call: Call): void {
    this.#call = call;
    const { peerConnection } = call;
    this.#set({ ...this.#state, peerConnection, remote: call.remoteStream });
    const look = () => this.#lookIfConnected();
    peerConnection.addEventListener('connectionstatechange', look);
    call.onStatus((status) => {
      if (status.class === 'webrtc' && status.status === 'up') this.#isWebrtcUp = true;
      this.#lookIfConnected();
    });
    call.onEnded((ended) => {
      peerConnection.removeEventListener('connectionstatechange', look);
      this.#finish(describe(ended), !ordinaryReasons.includes(ended.reason));
    });
  }

  #lookIfConnected(): void {
    if (this.#state.phase !== 'starting' || !this.#isWebrtcUp) return;
    if (this.#call?.peerConnection.connectionState !== 'connected') return;
    this.#set({ ...this.#state, phase: 'connected', connectedAtMs: Date.now(), remote: this.#call.remoteStream });
  }

  #finish(message: string | undefined, isProblem: boolean, fallbacks: readonly SourceKind[] = []): void {
    this.#source?.stop();
    this.#source = undefined;
    this.#call = undefined;
    const { connectedAtMs } = this.#state;
    this.#set({ ...idle, phase: 'ended', connectedAtMs, endedAtMs: Date.now(), message, isProblem, fallbacks });
  }

  #set(state: CallState): void {
    this.#state = state;
    this.#onChange(state);
  }
}

const otherSources = (kind: SourceKind): SourceKind[] =>
  kind === 'camera' ? ['microphone', 'picture'] : kind === 'microphone' ? ['picture'] : [];

/** Nothing for one's own hang-up. */
const describe = ({ reason, error, code }: Ended): string | undefined =>
  reason === 'user_stop' ? undefined : `${sentence(error || 'the session ended')} (${reason}, ${code}).`;

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
