/** Where on the page calls are made, one at a time; the switchboard has one for each of its cards. */
export type CallPlace = 'echo' | 'friend' | 'publish' | 'listen' | 'member' | `switchboard-${number}`;

declare global {
  interface Window {
    /**
     * For diagnosis and for tests: the live calls' peer connections, so that `patchbay.echo.getStats()` can be asked in
     * the browser's own tools. Undefined between calls. Not for programs.
     */
    patchbay: Partial<Record<CallPlace, RTCPeerConnection | undefined>>;
  }
}

window.patchbay = {};

export function exposePeerConnection(place: CallPlace, peerConnection: RTCPeerConnection | undefined): void {
  window.patchbay[place] = peerConnection;
}
