import { withCrlf } from '../../domain/sdp.ts';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, Description, MediaChange, MediaState } from '../../protocol/session.ts';
import type { MediaSink } from '../backend.ts';
import { BitrateLimit } from './bitrate-limit.ts';
import type { JanusConnection } from './connection.ts';
import { requestTimeoutMs } from './handle.ts';
import { LegSink } from './leg-sink.ts';
import { mediaHandle } from './media-handle.ts';
import { OneHandle } from './one-handle.ts';
import videocall from './plugins/videocall.ts';
import { HandleRecorder } from './recorder.ts';
import { allTookEffect, answerJsep, offerJsep } from './requests.ts';

const { VIDEOCALL_INCOMING, VIDEOCALL_ACCEPTED } = videocall.EVENT;

/** One client's end of a call of the videocall plugin, under a name that only this call knows. */
export class CallLeg extends OneHandle {
  readonly recorder = new HandleRecorder(this.handle, { request: 'set' });
  readonly #name: string;
  readonly #sink: LegSink;
  readonly #limit: BitrateLimit;
  readonly #offered: PromiseWithResolvers<Description>;
  readonly #accepted: PromiseWithResolvers<Description>;

  constructor(connection: JanusConnection, name: string, sink: MediaSink) {
    const offered = quietly<Description>();
    const accepted = quietly<Description>();
    const legSink = new LegSink(connection.clock, sink);
    const limit = new BitrateLimit(connection.clock, (bitrate) => this.handle.request({ request: 'set', bitrate }));
    super(
      connection,
      mediaHandle(videocall, limit.watch(legSink), (event, { jsep }) => {
        const description = jsepDescription(jsep);
        if (!description) return;
        if (event === VIDEOCALL_INCOMING) offered.resolve(description);
        if (event === VIDEOCALL_ACCEPTED) accepted.resolve(description);
      }),
    );
    this.#name = name;
    this.#sink = legSink;
    this.#limit = limit;
    this.#offered = offered;
    this.#accepted = accepted;
  }

  /** Can be called from now on; nothing that is muted is ever passed on. */
  async register(media: MediaState): Promise<void> {
    await this.connection.attach(this.handle);
    await this.handle.request({ request: 'register', username: this.#name });
    const { mute_audio, mute_video, bitrate } = media;
    if (mute_audio || mute_video || bitrate > 0) await this.updateMedia({ mute_audio, mute_video, bitrate });
  }

  /** Calls the other leg, and returns the offer that it gets for its client. */
  async call(other: CallLeg, offer: Description): Promise<Description> {
    const jsep = offerJsep(this.connection.clientSdp(withCrlf(offer.sdp)));
    await this.handle.request({ request: 'call', username: other.#name }, jsep);
    return inTime(other.#offered.promise, 'offer');
  }

  /** Takes the call with its client's answer, and returns the one that the caller gets for its client. */
  async accept(caller: CallLeg, answer: Description): Promise<Description> {
    await this.handle.request({ request: 'accept' }, answerJsep(this.connection.clientSdp(withCrlf(answer.sdp))));
    const forCaller = await inTime(caller.#accepted.promise, 'answer');
    for (const leg of [this, caller]) leg.expectClient();
    return forCaller;
  }

  /** What this leg's client sends. The videocall plugin cannot mute data. */
  async updateMedia(change: MediaChange): Promise<Applied> {
    const { mute_audio, mute_video, mute_data, bitrate } = change;
    const body = {
      ...(mute_audio !== undefined && { audio: !mute_audio }),
      ...(mute_video !== undefined && { video: !mute_video }),
      ...(bitrate !== undefined && { bitrate }),
    };
    if (Object.keys(body).length > 0) await this.handle.request({ request: 'set', ...body });
    if (bitrate !== undefined) this.#limit.set(bitrate);
    return {
      ...allTookEffect({ mute_audio, mute_video, bitrate }),
      ...(mute_data !== undefined && { mute_data: false }),
    };
  }

  override async close(): Promise<void> {
    this.#sink.stop();
    this.#limit.stop();
    await super.close();
  }

  /** Nobody waits for it any more. */
  fail(why: PatchbayError): void {
    this.#offered.reject(why);
    this.#accepted.reject(why);
  }
}

const inTime = <T>(promise: Promise<T>, what: string): Promise<T> =>
  withTimeout(promise, requestTimeoutMs, () => new PatchbayError('janus_error', `Janus made no ${what}`));

/** Whether anybody waits for it or not, its failure is never unhandled. */
function quietly<T>(): PromiseWithResolvers<T> {
  const deferred = Promise.withResolvers<T>();
  deferred.promise.catch(() => {});
  return deferred;
}

function jsepDescription(jsep: unknown): Description | undefined {
  if (typeof jsep !== 'object' || jsep === null || !('sdp' in jsep) || typeof jsep.sdp !== 'string') return undefined;
  return { sdp: jsep.sdp, sdp_type: 'webrtc', trickle_ice: false };
}
