import type { Call, PatchbayClient, Unsubscribe } from '../../../lib/client/index.ts';
import { CallRunner, watchConnection } from './call-runner.ts';
import type { CallState, MuteKind } from './call-state.ts';

/** What calls through a media server have in common: the server mutes and records. */
export abstract class EngineCall {
  protected readonly client: PatchbayClient;
  protected readonly runner: CallRunner;
  #lastChange: Promise<void> = Promise.resolve();

  constructor(client: PatchbayClient, onChange: (state: CallState) => void) {
    this.client = client;
    this.runner = new CallRunner(onChange);
  }

  hangUp(): Promise<void> {
    return this.runner.hangUp();
  }

  mute(media: MuteKind, isMuted: boolean): Promise<void> {
    return this.change('Muting failed', async (call) => {
      await call.updateMedia({ [`mute_${media}`]: isMuted });
      return { muted: { ...this.runner.state.muted, [media]: isMuted } };
    });
  }

  /** How far it is, the session's status events tell. */
  record(isOn: boolean): Promise<void> {
    return this.change('Recording failed', async (call) => {
      await (isOn ? call.startRecording() : call.stopRecording());
      return {};
    });
  }

  dispose(): void {
    this.runner.dispose();
  }

  /** One change after another. Never rejects: what went wrong is in the state. */
  protected change(failure: string, run: (call: Call) => Promise<Partial<CallState>>): Promise<void> {
    const { call } = this.runner;
    this.#lastChange = this.#lastChange.then(() => (call ? this.#change(call, failure, run) : undefined));
    return this.#lastChange;
  }

  async #change(call: Call, failure: string, run: (call: Call) => Promise<Partial<CallState>>): Promise<void> {
    const { runner } = this;
    if (call !== runner.call) return;
    runner.change({ message: undefined });
    try {
      const change = await run(call);
      if (call === runner.call) runner.change(change);
    } catch (error) {
      if (call !== runner.call) return;
      runner.change({
        message: `${failure}: ${error instanceof Error ? error.message : 'unknown fault'}`,
        isProblem: true,
      });
    }
  }

  /** Connected: when the peer connection is, and the engine said so too. */
  protected follow(call: Call): Unsubscribe[] {
    const { runner } = this;
    let isWebrtcUp = false;
    const look = (state: RTCPeerConnectionState) => {
      if (isWebrtcUp && state === 'connected') runner.connected();
      runner.change({ isInterrupted: state === 'disconnected' });
    };
    return [
      watchConnection(call, look),
      call.onStatus((status) => {
        if (status.class === 'recording') runner.change({ recording: status });
        if (status.class === 'webrtc' && status.status === 'up') isWebrtcUp = true;
        look(call.peerConnection.connectionState);
      }),
    ];
  }
}
