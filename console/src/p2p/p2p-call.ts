import { type Call, joinCall, type PatchbayClient, startCall } from '../../../lib/client/index.ts';
import { CallRunner, watchConnection } from '../call/call-runner.ts';
import type { CallState } from '../call/call-state.ts';
import type { SourceKind } from '../call/source.ts';

/** How long a call waits for whoever was sent its link. */
const waitSeconds = 600;

/** Calls between two browsers: patchbay introduces them, media goes directly, and so each one mutes itself. */
export class P2pCall {
  readonly #client: PatchbayClient;
  readonly #runner: CallRunner;

  constructor(client: PatchbayClient, onChange: (state: CallState) => void) {
    this.#client = client;
    this.#runner = new CallRunner(onChange);
  }

  /** Never rejects: what went wrong is in the state. */
  start(kind: SourceKind): Promise<void> {
    return this.#runner.start(kind, {
      make: (stream, signal) =>
        startCall(this.#client, { type: 'p2p', stream, signal, session: { wait_timeout: waitSeconds } }),
      follow: (call) => {
        this.#runner.change({ phase: 'waiting', sessionId: call.sessionId });
        return this.#follow(call);
      },
    });
  }

  join(kind: SourceKind, masterId: string): Promise<void> {
    return this.#runner.start(kind, {
      make: (stream, signal) => joinCall(this.#client, { masterId, stream, signal }),
      follow: (call) => this.#follow(call),
    });
  }

  hangUp(): Promise<void> {
    return this.#runner.hangUp();
  }

  async mute(media: 'audio' | 'video', isMuted: boolean): Promise<void> {
    const { local } = this.#runner.state;
    const tracks = media === 'audio' ? local?.getAudioTracks() : local?.getVideoTracks();
    for (const track of tracks ?? []) track.enabled = !isMuted;
    this.#runner.change(media === 'audio' ? { isAudioMuted: isMuted } : { isVideoMuted: isMuted });
  }

  dispose(): void {
    this.#runner.dispose();
  }

  #follow(call: Call) {
    return [
      watchConnection(call, (state) => {
        if (state === 'connected') this.#runner.connected();
        this.#runner.change({ isInterrupted: state === 'disconnected' });
      }),
    ];
  }
}
