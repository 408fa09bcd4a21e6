import { setTimeout as delay } from 'node:timers/promises';
import wrtc from '@roamhq/wrtc';
import { gatheringDone } from '../../lib/client/ice.ts';
import { type Call, type CallOptions, PatchbayClient, startCall } from '../../lib/client/index.ts';
import { nodeTransport } from '../../lib/client/node-transport.ts';
import { openTone as openToneOf, pitchHz as pitchHzOf, type Tone } from '../../lib/smoke/tone.ts';

/** libwebrtc in Node: real ICE, DTLS and RTP without a browser. */

export const toneHz = 440;
export type { Tone };

/** A sine as an audio track. */
export const openTone = (hz = toneHz): Tone => openToneOf(wrtc, hz);

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

/** The pitch of what is heard on a track for a while, by its zero crossings; 0 for silence. */
export const pitchHz = (track: MediaStreamTrack, forMs = 500): Promise<number> => pitchHzOf(wrtc, track, { forMs });
