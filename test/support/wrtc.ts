import { setTimeout as delay } from 'node:timers/promises';
import wrtc from '@roamhq/wrtc';
import { gatheringDone } from '../../lib/client/ice.ts';
import { type Call, type CallOptions, PatchbayClient, startCall } from '../../lib/client/index.ts';
import { nodeTransport } from '../../lib/client/node-transport.ts';
import { PitchMeter } from './pitch.ts';

/** libwebrtc in Node: real ICE, DTLS and RTP without a browser. */

const sampleRate = 48_000;
const frameMs = 10;
const samplesPerFrame = (sampleRate * frameMs) / 1000;
export const toneHz = 440;

export interface Tone {
  readonly stream: MediaStream;
  stop(): void;
}

/** A sine as an audio track. */
export function openTone(hz = toneHz): Tone {
  const source = new wrtc.nonstandard.RTCAudioSource();
  const track = source.createTrack();
  const startedAtMs = performance.now();
  let at = 0;
  const sendFrame = () => {
    const samples = new Int16Array(samplesPerFrame);
    for (let index = 0; index < samplesPerFrame; index += 1) {
      samples[index] = 12_000 * Math.sin((2 * Math.PI * hz * at) / sampleRate);
      at += 1;
    }
    source.onData({ samples, sampleRate, bitsPerSample: 16, channelCount: 1, numberOfFrames: samplesPerFrame });
  };
  // A timer that comes late makes up for it: a tone without gaps, as long as the time that it takes.
  const timer = setInterval(() => {
    while (at < ((performance.now() - startedAtMs) * sampleRate) / 1000) sendFrame();
  }, frameMs);
  return {
    stream: new wrtc.MediaStream([track]),
    stop() {
      clearInterval(timer);
      track.stop();
    },
  };
}

export const newPeerConnection = (): RTCPeerConnection => new wrtc.RTCPeerConnection();

export async function connectClient(url: string, token?: string): Promise<PatchbayClient> {
  const client = new PatchbayClient({ url, transport: nodeTransport, ...(token !== undefined && { token }) });
  await client.connect();
  return client;
}

/** An echo call whose peer connection is libwebrtc's. */
export const startEcho = (client: PatchbayClient, tone: Tone, session: CallOptions['session'] = {}): Promise<Call> =>
  startCall(client, { type: 'echo', stream: tone.stream, session, createPeerConnection: newPeerConnection });

/** An offer that any number of sessions can be made with, as long as no media is wanted. */
export async function makeOfferSdp(): Promise<string> {
  const peerConnection = newPeerConnection();
  try {
    peerConnection.addTransceiver('audio');
    await peerConnection.setLocalDescription(await peerConnection.createOffer());
    await gatheringDone(peerConnection, 1000);
    // Without candidates: an engine that tried these, of a closed socket, would soon give the session up.
    return (peerConnection.localDescription?.sdp ?? '').replace(/a=(candidate:|end-of-candidates).*\r\n/g, '');
  } finally {
    peerConnection.close();
  }
}

/** Bytes of RTP payload so far: what came, or what went. */
export async function rtpBytes(
  peerConnection: RTCPeerConnection,
  direction: 'inbound' | 'outbound',
  kind: 'audio' | 'video' = 'audio',
): Promise<number> {
  let bytes = 0;
  (await peerConnection.getStats()).forEach((one: Record<string, unknown>) => {
    if (one.type !== `${direction}-rtp` || one.kind !== kind) return;
    bytes += Number(direction === 'inbound' ? one.bytesReceived : one.bytesSent);
  });
  return bytes;
}

/** What is sent of a medium, in bit/s, measured from now on. */
export async function sentBps(
  peerConnection: RTCPeerConnection,
  kind: 'audio' | 'video' = 'video',
  forMs = 1500,
): Promise<number> {
  const before = await rtpBytes(peerConnection, 'outbound', kind);
  const startedAtMs = performance.now();
  await delay(forMs);
  const bytes = (await rtpBytes(peerConnection, 'outbound', kind)) - before;
  return (bytes * 8000) / (performance.now() - startedAtMs);
}

type AudioData = wrtc.nonstandard.RTCAudioData;

/** The pitch of what is heard on a track for a while, by its zero crossings; 0 for silence. */
export async function pitchHz(track: MediaStreamTrack, forMs = 500): Promise<number> {
  const sink = new wrtc.nonstandard.RTCAudioSink(track);
  const meter = new PitchMeter();
  let rate = sampleRate;
  await new Promise<void>((resolve) => {
    sink.ondata = ({ samples, sampleRate: rateNow, channelCount = 1 }: AudioData) => {
      rate = rateNow;
      for (let at = 0; at < samples.length; at += channelCount) meter.hear(samples[at] ?? 0);
      if (meter.samples >= (rate * forMs) / 1000) resolve();
    };
  });
  sink.stop();
  return meter.hz(rate);
}
