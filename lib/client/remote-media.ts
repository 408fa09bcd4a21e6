/** Gathers the tracks that a peer connection receives into one stream: engines may name one stream, several or none. */
export class RemoteMedia {
  readonly #peerConnection: RTCPeerConnection;
  /** Node has no such constructor: there the stream that the engine named is taken. */
  #stream = typeof MediaStream === 'undefined' ? undefined : new MediaStream();
  readonly #add = ({ track, streams }: RTCTrackEvent) => {
    if (typeof MediaStream === 'undefined') this.#stream ??= streams[0];
    else this.#stream?.addTrack(track);
    for (const stream of streams) this.#follow(stream);
  };
  readonly #stopped = new AbortController();
  readonly #followed = new WeakSet<MediaStream>();

  constructor(peerConnection: RTCPeerConnection) {
    this.#peerConnection = peerConnection;
    peerConnection.addEventListener('track', this.#add);
  }

  get stream(): MediaStream | undefined {
    return this.#stream;
  }

  stop(): void {
    this.#peerConnection.removeEventListener('track', this.#add);
    this.#stopped.abort();
  }

  /** A publisher that one switches to may send less than the one before: what it does not send goes. */
  #follow(stream: MediaStream): void {
    if (stream === this.#stream || this.#followed.has(stream)) return;
    this.#followed.add(stream);
    stream.addEventListener('removetrack', ({ track }) => this.#stream?.removeTrack(track), {
      signal: this.#stopped.signal,
    });
  }
}
