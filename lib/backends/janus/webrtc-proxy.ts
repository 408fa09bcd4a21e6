import type { Candidate } from '../../protocol/candidate.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, Description, MediaChange, MediaState } from '../../protocol/session.ts';
import type { MediaRecorder, MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import { CallLeg } from './call-leg.ts';
import type { JanusConnection } from './connection.ts';
import { FarSink } from './far-sink.ts';

/** What the two sessions of a proxy between WebRTC clients have in common: each has its own leg of the call. */
abstract class WebrtcProxySession {
  abstract readonly leg: CallLeg;
  readonly lacks = ['mute_data'] as const;

  get recorder(): MediaRecorder {
    return this.leg.recorder;
  }

  addCandidates(candidates: readonly Candidate[]): Promise<void> {
    return this.leg.addCandidates(candidates);
  }

  endCandidates(): Promise<void> {
    return this.leg.endCandidates();
  }

  updateMedia(change: MediaChange): Promise<Applied> {
    return this.leg.updateMedia(change);
  }
}

/** The caller of a proxy between two WebRTC clients. It makes both legs of the call: Janus makes the far offer of its own. */
export class WebrtcProxyMaster extends WebrtcProxySession implements MediaSession {
  override readonly leg: CallLeg;
  readonly far: CallLeg;
  readonly farSink: FarSink;
  readonly #media: MediaState;
  readonly #farOffer = Promise.withResolvers<Description>();

  constructor(connection: JanusConnection, spec: MediaSpec, sink: MediaSink) {
    super();
    this.#media = spec.media;
    this.farSink = new FarSink(sink);
    this.leg = new CallLeg(connection, `${spec.mediaId}-near`, sink);
    this.far = new CallLeg(connection, `${spec.mediaId}-far`, this.farSink);
    this.#farOffer.promise.catch(() => {});
  }

  async acceptOffer(offer: Description): Promise<undefined> {
    try {
      await Promise.all([this.leg.register(this.#media), this.far.register(unmuted)]);
      this.#farOffer.resolve(await this.leg.call(this.far, offer));
    } catch (error) {
      this.#farOffer.reject(error);
      throw error;
    }
  }

  farOffer(): Promise<Description> {
    return this.#farOffer.promise;
  }

  async close(): Promise<void> {
    const over = new PatchbayError('peer_stopped', 'the master of the proxy has ended');
    this.#farOffer.reject(over);
    for (const leg of [this.leg, this.far]) leg.fail(over);
    await Promise.all([this.leg.close(), this.far.close()]);
  }
}

/** The far side of such a proxy. */
export class WebrtcProxySlave extends WebrtcProxySession implements MediaSession {
  override readonly leg: CallLeg;
  readonly #master: WebrtcProxyMaster;
  readonly #media: MediaState;
  readonly #sink: MediaSink;
  #isAnswered = false;

  constructor(master: WebrtcProxyMaster, spec: MediaSpec, sink: MediaSink) {
    super();
    this.#master = master;
    this.#sink = sink;
    this.#media = spec.media;
    this.leg = master.far;
    master.farSink.enter(sink);
  }

  makeOffer(): Promise<Description> {
    return this.#master.farOffer();
  }

  /** Returns the answer for the master. */
  async acceptAnswer(answer: Description): Promise<Description> {
    const { mute_audio, mute_video, bitrate } = this.#media;
    if (mute_audio || mute_video || bitrate > 0) await this.leg.updateMedia({ mute_audio, mute_video, bitrate });
    const forMaster = await this.leg.accept(this.#master.leg, answer);
    this.#isAnswered = true;
    return forMaster;
  }

  /** One that never answered leaves the call to the next. */
  async close(): Promise<void> {
    this.#master.farSink.leave(this.#sink);
    if (this.#isAnswered) await this.leg.close();
  }
}

const unmuted: MediaState = { mute_audio: false, mute_video: false, mute_data: false, bitrate: 0 };
