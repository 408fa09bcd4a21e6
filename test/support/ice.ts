import { until } from './until.ts';

/**
 * Waits until a client's ICE is where it is to stay, and tells how it changes from then on: not at all, if all is well.
 * libwebrtc in Node tells of a state some time after it can be read, and more than once: what is new in it counts.
 *
 * @param isOffering whether it made the offer: then it nominates, and gets one state further
 */
export async function watchIce(
  peerConnection: RTCPeerConnection | undefined,
  isOffering: boolean,
): Promise<() => readonly string[]> {
  const seen: string[] = [];
  if (!peerConnection) return () => seen;
  let last: string = isOffering ? 'completed' : 'connected';
  await until(`its ICE is ${last}`, () => peerConnection.iceConnectionState === last);
  peerConnection.addEventListener('iceconnectionstatechange', () => {
    if (peerConnection.iceConnectionState === last) return;
    last = peerConnection.iceConnectionState;
    seen.push(last);
  });
  return () => seen;
}
