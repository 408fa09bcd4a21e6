/** Gathers the tracks that a peer connection receives into one stream: engines may name one stream, several or none. */
export class RemoteMedia {
  readonly #peerConnection: RTCPeerConnection;
  /** Node has no such constructor: there the stream that the engine named is taken. */
  #stream = typeof MediaStream === 'undefined' ? undefined : new MediaStream();
  readonly #add = ({ track, streams }: RTCTrackEvent) => {
    if (typeof MediaStream === 'undefined') this.#stream ??= streams[0];
    else this.#stream?.addTrack(track);
  };

  constructor(peerConnection: RTCPeerConnection) {
    this.#peerConnection = peerConnection;
    peerConnection.addEventListener('track', this.#add);
  }

  get stream(): MediaStream | undefined {
    return this.#stream;
  }

  stop(): void {
    this.#peerConnection.removeEventListener('track', this.#add);
  }
}
