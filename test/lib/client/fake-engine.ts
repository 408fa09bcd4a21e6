import wrtc from '@roamhq/wrtc';
import { gatheringDone } from '../../../lib/client/ice.ts';
import type { FakeServer } from './fake-server.ts';

/** Plays the media engine: answers offers, and sends what it gets back; or offers by itself. */
export class FakeEngine {
  readonly peerConnections: RTCPeerConnection[] = [];

  async answer(offer: unknown): Promise<{ sdp: string }> {
    const peerConnection = new wrtc.RTCPeerConnection();
    this.peerConnections.push(peerConnection);
    peerConnection.addEventListener('track', ({ track, streams }) => {
      peerConnection.addTrack(track, ...streams);
    });
    await peerConnection.setRemoteDescription({ type: 'offer', sdp: sdpOf(offer) });
    await peerConnection.setLocalDescription(await peerConnection.createAnswer());
    await gatheringDone(peerConnection, 1000);
    return { sdp: peerConnection.localDescription?.sdp ?? '' };
  }

  /** Offers what it sends, with all candidates: first, and once more for each further stream. */
  async offer(stream: MediaStream, direction: 'sendonly' | 'sendrecv' = 'sendonly'): Promise<{ sdp: string }> {
    const peerConnection = this.peerConnections.at(-1) ?? new wrtc.RTCPeerConnection();
    if (!this.peerConnections.includes(peerConnection)) {
      this.peerConnections.push(peerConnection);
      peerConnection.createDataChannel('JanusDataChannel');
    }
    for (const track of stream.getTracks()) {
      peerConnection.addTransceiver(track, { direction, streams: [stream] });
    }
    await peerConnection.setLocalDescription(await peerConnection.createOffer());
    await gatheringDone(peerConnection, 1000);
    return { sdp: peerConnection.localDescription?.sdp ?? '' };
  }

  async takeAnswer(answer: unknown): Promise<void> {
    await this.peerConnections.at(-1)?.setRemoteDescription({ type: 'answer', sdp: sdpOf(answer) });
  }

  async addCandidates(candidates: unknown): Promise<void> {
    if (!Array.isArray(candidates)) throw new Error('no candidates');
    const peerConnection = this.peerConnections.at(-1);
    // A test that is over may have closed it.
    for (const candidate of candidates) await peerConnection?.addIceCandidate(candidate).catch(() => undefined);
  }

  stop(): void {
    for (const peerConnection of this.peerConnections) peerConnection.close();
  }
}

/** A stream with a silent audio track that really sends: 10 ms of 48 kHz samples at a time. */
export class FakeMicrophone {
  readonly #source = new wrtc.nonstandard.RTCAudioSource();
  readonly track = this.#source.createTrack();
  readonly stream = new wrtc.MediaStream([this.track]);
  readonly #timer = setInterval(() => {
    this.#source.onData({ samples: new Int16Array(480), sampleRate: 48_000, bitsPerSample: 16, channelCount: 1 });
  }, 10);

  stop(): void {
    clearInterval(this.#timer);
    this.track.stop();
  }
}

function sdpOf(given: unknown): string {
  if (typeof given === 'object' && given !== null && 'sdp' in given && typeof given.sdp === 'string') return given.sdp;
  throw new Error('the description has no sdp');
}

/** The server makes the offer, and takes the answer and what is trickled after it. */
export function offersBy(
  server: FakeServer,
  engine: FakeEngine,
  made: object,
  offer: () => Promise<{ sdp: string }>,
): void {
  server
    .on('session/create', async ({ ok }) => ok({ ...made, offer: await offer() }))
    .on('session/set_answer', async ({ data, ok }) => {
      await engine.takeAnswer(data.answer);
      ok();
    })
    .on('session/set_candidate', async ({ data, ok }) => {
      await engine.addCandidates(data.candidates);
      ok();
    })
    .on('session/set_candidate_end', ({ ok }) => ok())
    .on('session/destroy', ({ ok }) => ok());
}
