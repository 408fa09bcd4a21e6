import echotest from 'janode/plugins/echotest';
import { withCrlf } from '../../domain/sdp.ts';
import type { Candidate } from '../../protocol/candidate.ts';
import type { Applied, Description, MediaChange, MediaState } from '../../protocol/session.ts';
import type { MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import type { JanusConnection } from './connection.ts';
import type { JanusHandle } from './handle.ts';
import { mediaHandle } from './media-handle.ts';
import { answerOf, echoStart, echoUpdate, offerJsep } from './requests.ts';

/** `echo`: the echotest plugin sends back what the client sends. */
export class EchoSession implements MediaSession {
  readonly #connection: JanusConnection;
  readonly #handle: JanusHandle;
  readonly #media: MediaState;

  constructor(connection: JanusConnection, spec: MediaSpec, sink: MediaSink) {
    this.#connection = connection;
    this.#media = spec.media;
    this.#handle = mediaHandle(echotest, sink);
  }

  async acceptOffer(offer: Description): Promise<Description> {
    await this.#connection.attach(this.#handle);
    const sdp = this.#connection.clientSdp(withCrlf(offer.sdp));
    return answerOf(await this.#handle.request(echoStart(this.#media), offerJsep(sdp)));
  }

  /** The echotest plugin cannot mute data. */
  async updateMedia(change: MediaChange): Promise<Applied> {
    const { mute_data, ...possible } = change;
    const body = echoUpdate(possible);
    if (Object.keys(body).length > 0) await this.#handle.request(body);
    return { ...possible, ...(mute_data !== undefined && { mute_data: false }) };
  }

  async addCandidates(candidates: readonly Candidate[]): Promise<void> {
    if (this.#connection.passesCandidates) await this.#handle.trickle(candidates);
  }

  async endCandidates(): Promise<void> {
    if (this.#connection.passesCandidates) await this.#handle.trickle('completed');
  }

  async close(): Promise<void> {
    await this.#connection.detach(this.#handle);
  }
}
