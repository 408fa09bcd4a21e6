import { type Call, joinCall, type PatchbayClient, startCall } from '../../../lib/client/index.ts';
import { CallRunner, watchConnection } from '../call/call-runner.ts';
import type { CallState, MuteKind } from '../call/call-state.ts';
import type { SourceKind } from '../call/source.ts';
import { type FriendCall, waitSeconds } from './friend-call.ts';

/** Calls between two browsers: patchbay introduces them, media goes directly, and so each one mutes itself. */
export class P2pCall implements FriendCall {
  readonly #client: PatchbayClient;
  readonly #runner: CallRunner;

  constructor(client: PatchbayClient, onChange: (state: CallState) => void) {
    this.#client = client;
    this.#runner = new CallRunner(onChange);
  }

  start(kind: SourceKind): Promise<void> {
    return this.#runner.start(kind, {
      make: (stream, signal) =>
        startCall(this.#client, { type: 'p2p', stream, signal, session: { wait_timeout: waitSeconds } }),
      follow: (call) => {
        this.#runner.change({ phase: 'waiting' });
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

  async mute(media: MuteKind, isMuted: boolean): Promise<void> {
    const { local, muted } = this.#runner.state;
    const tracks = local?.getTracks().filter(({ kind }) => kind === media);
    for (const track of tracks ?? []) track.enabled = !isMuted;
    this.#runner.change({ muted: { ...muted, [media]: isMuted } });
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
