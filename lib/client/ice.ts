type Gathering = Pick<
  RTCPeerConnection,
  'iceGatheringState' | 'signalingState' | 'addEventListener' | 'removeEventListener'
>;

/**
 * Resolves when all candidates are gathered, or after `timeoutMs`: without a route to a STUN server, or in a browser
 * that hides them all, gathering never ends. That does no harm: engines that clients can reach learn a client's
 * address from its own checks.
 */
export function gatheringDone(peerConnection: Gathering, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      peerConnection.removeEventListener('icegatheringstatechange', look);
      resolve();
    };
    const look = () => {
      if (peerConnection.iceGatheringState === 'complete' || peerConnection.signalingState === 'closed') finish();
    };
    const timer = setTimeout(finish, timeoutMs);
    peerConnection.addEventListener('icegatheringstatechange', look);
    look();
  });
}
