import { type Call, listenTo, type Unsubscribe } from '../../../lib/client/index.ts';
import { EngineCall } from '../call/engine-call.ts';

/** Whom of a room this page hears: one publisher after another, in the same session. */
export class ListenCall extends EngineCall {
  /** Begins, or goes over to another publisher. Never rejects: what went wrong is in the state. */
  listen(publisherId: string): Promise<void> {
    if (this.runner.isLive) return this.#switchTo(publisherId);
    return this.runner.receive({
      make: (_, signal) => listenTo(this.client, { publisherId, signal, data: true }),
      follow: (call) => {
        this.runner.change({ publisherId });
        return [...this.follow(call), this.#read(call), this.#watchTracks(call)];
      },
    });
  }

  #switchTo(publisherId: string): Promise<void> {
    return this.change('Switching failed', async (call) => {
      if (publisherId === this.runner.state.publisherId) return {};
      await call.switchTo(publisherId);
      return { publisherId, text: undefined };
    });
  }

  /** Janus sends on the channel that was opened here, or opens one of its own. */
  #read({ peerConnection, dataChannel }: Call): Unsubscribe {
    const over = new AbortController();
    const { signal } = over;
    const show = ({ data }: MessageEvent) => this.runner.change({ text: String(data) });
    dataChannel?.addEventListener('message', show, { signal });
    const open = ({ channel }: RTCDataChannelEvent) => channel.addEventListener('message', show, { signal });
    peerConnection.addEventListener('datachannel', open, { signal });
    return () => over.abort();
  }

  /** Negotiated anew, it may have other tracks: a new stream, so that no picture of a track that is gone stays. */
  #watchTracks(call: Call): Unsubscribe {
    const { peerConnection } = call;
    const look = () => {
      const tracks = call.remoteStream?.getTracks();
      if (peerConnection.signalingState === 'stable' && tracks) this.runner.change({ remote: new MediaStream(tracks) });
    };
    peerConnection.addEventListener('signalingstatechange', look);
    return () => peerConnection.removeEventListener('signalingstatechange', look);
  }
}
