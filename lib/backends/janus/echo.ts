import echotest from 'janode/plugins/echotest';
import { withCrlf } from '../../domain/sdp.ts';
import type { Applied, Description, MediaChange, MediaState } from '../../protocol/session.ts';
import type { MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import { BitrateLimit } from './bitrate-limit.ts';
import type { JanusConnection } from './connection.ts';
import { mediaHandle } from './media-handle.ts';
import { OneHandle } from './one-handle.ts';
import { HandleRecorder } from './recorder.ts';
import { allTookEffect, answerOf, echoStart, echoUpdate, offerJsep } from './requests.ts';

/** `echo`: the echotest plugin sends back what the client sends. */
export class EchoSession extends OneHandle implements MediaSession {
  readonly recorder = new HandleRecorder(this.handle);
  readonly lacks = ['mute_data'] as const;
  readonly #media: MediaState;
  readonly #limit: BitrateLimit;

  constructor(connection: JanusConnection, spec: MediaSpec, sink: MediaSink) {
    const limit = new BitrateLimit(connection.clock, (bitrate) => this.handle.request(echoUpdate({ bitrate })));
    super(connection, mediaHandle(echotest, limit.watch(sink)));
    this.#media = spec.media;
    this.#limit = limit;
    limit.set(spec.media.bitrate);
  }

  async acceptOffer(offer: Description): Promise<Description> {
    await this.connection.attach(this.handle);
    const sdp = this.connection.clientSdp(withCrlf(offer.sdp));
    const answer = answerOf(await this.handle.request(echoStart(this.#media), offerJsep(sdp)));
    this.expectClient();
    return answer;
  }

  /** The echotest plugin cannot mute data. */
  async updateMedia(change: MediaChange): Promise<Applied> {
    const { mute_data, ...possible } = change;
    const body = echoUpdate(possible);
    if (Object.keys(body).length > 0) await this.handle.request(body);
    if (possible.bitrate !== undefined) this.#limit.set(possible.bitrate);
    return { ...allTookEffect(possible), ...(mute_data !== undefined && { mute_data: false }) };
  }

  override async close(): Promise<void> {
    this.#limit.stop();
    await super.close();
  }
}
