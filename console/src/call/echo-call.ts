import { type Call, type PatchbayClient, startCall } from '../../../lib/client/index.ts';
import { CallRunner, watchConnection } from './call-runner.ts';
import type { CallState } from './call-state.ts';
import type { SourceKind } from './source.ts';

/** Echo calls: Janus sends back what it gets, and mutes. */
export class EchoCall {
  readonly #client: PatchbayClient;
  readonly #runner: CallRunner;

  constructor(client: PatchbayClient, onChange: (state: CallState) => void) {
    this.#client = client;
    this.#runner = new CallRunner(onChange);
  }

  /** Never rejects: what went wrong is in the state. */
  start(kind: SourceKind): Promise<void> {
    return this.#runner.start(kind, {
      make: (stream, signal) => startCall(this.#client, { type: 'echo', stream, signal }),
      follow: (call) => this.#follow(call),
    });
  }

  hangUp(): Promise<void> {
    return this.#runner.hangUp();
  }

  async mute(media: 'audio' | 'video', isMuted: boolean): Promise<void> {
    const runner = this.#runner;
    const { call } = runner;
    if (!call || runner.state.isMuting) return;
    runner.change({ isMuting: true, message: undefined });
    try {
      await call.updateMedia(media === 'audio' ? { mute_audio: isMuted } : { mute_video: isMuted });
      if (call !== runner.call) return;
      runner.change({
        ...(media === 'audio' ? { isAudioMuted: isMuted } : { isVideoMuted: isMuted }),
        isMuting: false,
      });
    } catch (error) {
      if (call !== runner.call) return;
      const message = `Muting failed: ${error instanceof Error ? error.message : 'unknown fault'}`;
      runner.change({ isMuting: false, message, isProblem: true });
    }
  }

  dispose(): void {
    this.#runner.dispose();
  }

  /** Connected: when the peer connection is, and the engine said so too. */
  #follow(call: Call) {
    let isWebrtcUp = false;
    const look = () => {
      if (isWebrtcUp && call.peerConnection.connectionState === 'connected') this.#runner.connected();
    };
    return [
      watchConnection(call, look),
      call.onStatus((status) => {
        if (status.class === 'webrtc' && status.status === 'up') isWebrtcUp = true;
        look();
      }),
    ];
  }
}
