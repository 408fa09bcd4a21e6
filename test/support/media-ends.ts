import type { MediaSession } from '../../lib/backends/backend.ts';
import { gatheringDone } from '../../lib/client/ice.ts';
import type { Description } from '../../lib/protocol/session.ts';
import { until } from './until.ts';
import { newPeerConnection, pitchHz } from './wrtc.ts';

/** libwebrtc's end of a media session, straight at a backend: no client, no signalling. */

export interface PublisherEnd {
  readonly peerConnection: RTCPeerConnection;
  readonly data: RTCDataChannel | undefined;
}

export interface PublishOptions {
  readonly hasData?: boolean;
  /** Of a video: what is offered at all. */
  readonly videoCodec?: 'VP8' | 'VP9' | 'H264';
  /** Changes the transceivers before the offer is made. */
  readonly prepare?: (peerConnection: RTCPeerConnection) => void;
}

const describe = (sdp: string): Description => ({ sdp, sdp_type: 'webrtc', trickle_ice: false });

export async function publishTo(
  session: MediaSession,
  tracks: readonly MediaStreamTrack[],
  { hasData = false, videoCodec, prepare }: PublishOptions = {},
): Promise<PublisherEnd> {
  const peerConnection = newPeerConnection();
  for (const track of tracks) peerConnection.addTrack(track);
  const data = hasData ? peerConnection.createDataChannel('data') : undefined;
  prepare?.(peerConnection);
  const { sdp = '' } = await peerConnection.createOffer();
  const offer = videoCodec ? onlyVideoCodec(sdp, videoCodec) : sdp;
  await peerConnection.setLocalDescription({ type: 'offer', sdp: offer });
  await gatheringDone(peerConnection, 1000);
  const answer = await session.acceptOffer?.(describe(peerConnection.localDescription?.sdp ?? ''));
  if (!answer) throw new Error('no answer');
  await peerConnection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  await connected(peerConnection);
  return { peerConnection, data };
}

export interface ListenerEnd {
  readonly peerConnection: RTCPeerConnection;
  /** Text messages that came. */
  readonly messages: string[];
}

export async function listenTo(session: MediaSession): Promise<ListenerEnd> {
  const peerConnection = newPeerConnection();
  const messages: string[] = [];
  const onMessage = ({ data }: MessageEvent) => messages.push(String(data));
  peerConnection.ondatachannel = ({ channel }) => {
    channel.onmessage = onMessage;
  };
  const offer = await session.makeOffer?.();
  if (!offer) throw new Error('no offer');
  // Janus sends data to a client only that has opened a channel itself.
  if (offer.sdp.includes('m=application')) peerConnection.createDataChannel('listen').onmessage = onMessage;
  await answerOffer(session, peerConnection, offer);
  await connected(peerConnection);
  return { peerConnection, messages };
}

/** Answers an offer of a session that listens, the first or a later one. */
export async function answerOffer(
  session: MediaSession,
  peerConnection: RTCPeerConnection,
  offer: Description,
): Promise<void> {
  await peerConnection.setRemoteDescription({ type: 'offer', sdp: offer.sdp });
  await peerConnection.setLocalDescription(await peerConnection.createAnswer());
  await gatheringDone(peerConnection, 1000);
  await session.acceptAnswer?.(describe(peerConnection.localDescription?.sdp ?? ''));
}

/** The track of a kind that is being received. */
export function received(peerConnection: RTCPeerConnection, kind: 'audio' | 'video'): MediaStreamTrack {
  const track = peerConnection
    .getTransceivers()
    .find(({ receiver, currentDirection }) => receiver.track.kind === kind && currentDirection?.includes('recv'))
    ?.receiver.track;
  if (!track) throw new Error(`no ${kind} is received`);
  return track;
}

/** Waits until a tone is heard, and returns the pitch that was measured. */
export const hears = (peerConnection: RTCPeerConnection, hz: number): Promise<number> =>
  until(`${hz} Hz are heard`, async () => {
    const heardHz = await pitchHz(received(peerConnection, 'audio'), 300);
    return Math.abs(heardHz - hz) < 15 && heardHz;
  });

export const connected = (peerConnection: RTCPeerConnection): Promise<unknown> =>
  until('the peer connection is up', () => peerConnection.connectionState === 'connected');

/** Leaves one codec in the video m-line. */
function onlyVideoCodec(sdp: string, codec: string): string {
  const [head = '', ...media] = sdp.split(/(?=m=)/);
  const kept = media.map((section) => {
    if (!section.startsWith('m=video')) return section;
    const types = [...section.matchAll(/a=rtpmap:(\d+) (\w+)\//g)]
      .filter(([, , name]) => name === codec)
      .map(([, type = '']) => type);
    const [first] = types;
    if (first === undefined) throw new Error(`${codec} is not offered`);
    return section
      .split('\r\n')
      .map((line) => line.replace(/^(m=video \d+ \S+) .*/, `$1 ${first}`))
      .filter((line) => {
        const [, type] = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line) ?? [];
        return type === undefined || type === first;
      })
      .join('\r\n');
  });
  return [head, ...kept].join('');
}
