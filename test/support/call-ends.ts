import { gatheringDone } from '../../lib/client/ice.ts';
import type { Candidate } from '../../lib/protocol/candidate.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import type { RtpEndpoint } from './rtp-endpoint.ts';
import { newPeerConnection, rtpBytes, type Tone } from './wrtc.ts';

/** A client's media without its signalling: it makes SDPs and takes them, sends a tone and counts what comes. */
export interface CallEnd {
  readonly sdpType: SdpType;
  offer(): Promise<string>;
  takeAnswer(sdp: string): Promise<void>;
  answer(offer: string): Promise<string>;
  /** Of media that came. */
  bytesIn(): Promise<number>;
}

const gatheringMs = 1000;

/** libwebrtc in this process. One that trickles has no candidate in its SDPs: they are the test's to send. */
export class WebrtcEnd implements CallEnd {
  readonly sdpType = 'webrtc';
  readonly peerConnection = newPeerConnection();
  readonly #tone: Tone;
  readonly #trickles: boolean;

  constructor(tone: Tone, { trickles = false } = {}) {
    this.#tone = tone;
    this.#trickles = trickles;
  }

  /**
   * Those of its only m-line, when it has found all. Not by their events: libwebrtc in Node may tell the end before the
   * rest.
   */
  async candidates(): Promise<Candidate[]> {
    await gatheringDone(this.peerConnection, gatheringMs);
    const lines = this.peerConnection.localDescription?.sdp.match(/(?<=^a=)candidate:.*/gm) ?? [];
    return lines.map((line) => ({ sdpMid: '0', sdpMLineIndex: 0, candidate: line.trim() }));
  }

  /** By which Janus knows it, too. */
  get ufrag(): string {
    return /^a=ice-ufrag:(\S+)/m.exec(this.peerConnection.localDescription?.sdp ?? '')?.[1] ?? '';
  }

  async offer(): Promise<string> {
    this.#addTone();
    return this.#describe(await this.peerConnection.createOffer());
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.peerConnection.setRemoteDescription({ type: 'answer', sdp });
  }

  async answer(offer: string): Promise<string> {
    await this.peerConnection.setRemoteDescription({ type: 'offer', sdp: offer });
    this.#addTone();
    return this.#describe(await this.peerConnection.createAnswer());
  }

  bytesIn(): Promise<number> {
    return rtpBytes(this.peerConnection, 'inbound');
  }

  #addTone(): void {
    // It is sent already when a second offer is answered.
    const sent = this.peerConnection.getSenders().map(({ track }) => track);
    for (const track of this.#tone.stream.getTracks()) {
      if (!sent.includes(track)) this.peerConnection.addTrack(track, this.#tone.stream);
    }
  }

  async #describe(description: RTCSessionDescriptionInit): Promise<string> {
    await this.peerConnection.setLocalDescription(description);
    if (this.#trickles) return description.sdp ?? '';
    await gatheringDone(this.peerConnection, gatheringMs);
    return this.peerConnection.localDescription?.sdp ?? '';
  }
}

/** A phone. */
export const rtpEnd = (endpoint: RtpEndpoint): CallEnd => ({
  sdpType: 'rtp',
  offer: async () => endpoint.sdp,
  takeAnswer: async (sdp) => endpoint.speakTo(sdp),
  async answer(offer) {
    endpoint.speakTo(offer);
    return endpoint.sdp;
  },
  bytesIn: async () => endpoint.packets * 160,
});

/** A WebRTC client that gives its SDP and is gone: it never connects, and nobody hears of a candidate of it. */
export const absentEnd = (): CallEnd => ({
  sdpType: 'webrtc',
  offer: () =>
    bareSdp((peerConnection) => {
      peerConnection.addTransceiver('audio');
      return peerConnection.createOffer();
    }),
  takeAnswer: async () => {},
  answer: (offer) =>
    bareSdp(async (peerConnection) => {
      await peerConnection.setRemoteDescription({ type: 'offer', sdp: offer });
      return peerConnection.createAnswer();
    }),
  bytesIn: async () => 0,
});

async function bareSdp(
  describe: (peerConnection: RTCPeerConnection) => Promise<RTCSessionDescriptionInit>,
): Promise<string> {
  const peerConnection = newPeerConnection();
  try {
    return (await describe(peerConnection)).sdp ?? '';
  } finally {
    peerConnection.close();
  }
}
