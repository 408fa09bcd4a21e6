import { gatheringDone } from '../../lib/client/ice.ts';
import { newPeerConnection, openTone, rtpBytes } from './wrtc.ts';

/**
 * A client's media in a process of its own, for tests that kill it. Over its channel it sends `{ offer }`, takes
 * `{ answer }`, and then tells `{ audioBytes }` as they come back.
 */
const peerConnection = newPeerConnection();
const tone = openTone();
for (const track of tone.stream.getTracks()) peerConnection.addTrack(track, tone.stream);
await peerConnection.setLocalDescription(await peerConnection.createOffer());
await gatheringDone(peerConnection, 1000);

process.on('message', ({ answer }: { answer: string }) => {
  void peerConnection.setRemoteDescription({ type: 'answer', sdp: answer });
  setInterval(async () => process.send?.({ audioBytes: await rtpBytes(peerConnection, 'inbound') }), 100);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ offer: peerConnection.localDescription?.sdp });
