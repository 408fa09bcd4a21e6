import videoroom from 'janode/plugins/videoroom';
import { workMs } from '../../domain/patience.ts';
import { withCrlf } from '../../domain/sdp.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, Description, MediaChange, MediaState } from '../../protocol/session.ts';
import type { MediaRecorder, MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import type { JanusConnection } from './connection.ts';
import type { PluginReply } from './handle.ts';
import { LayerChoice } from './layers.ts';
import { mediaHandle } from './media-handle.ts';
import { OneHandle } from './one-handle.ts';
import { PublishSession } from './publish.ts';
import { allTookEffect, answerJsep, offerOf } from './requests.ts';
import { configureStreams, replaceStreams, subscribe, switchStreams } from './room-requests.ts';
import { allFrom, type HeardStream, heardStreams, pairStreams } from './streams.ts';

/** How soon media that is held back is let through again, when Janus could not be reached. */
const resumeAgainMs = 500;

/**
 * `listen`: a subscriber of the videoroom plugin. Janus makes the offer. Data reaches a client only when it has opened a
 * data channel of its own before it answers.
 */
export class ListenSession extends OneHandle implements MediaSession {
  readonly #layers: LayerChoice;
  #publisher: PublishSession;
  #muted: Readonly<Record<HeardStream['type'], boolean>>;
  #streams: readonly HeardStream[] = [];
  #isAnswered = false;
  #isClosed = false;
  #cancelResume: () => void = () => {};

  /** @throws PatchbayError invalid_publisher, different_mediaserver */
  constructor(connection: JanusConnection, spec: MediaSpec, sink: MediaSink) {
    super(connection, mediaHandle(videoroom, sink));
    this.#publisher = this.#known(spec.publisher);
    this.#muted = mutes(spec.media);
    this.#layers = new LayerChoice(connection, this.handle, spec.media.bitrate);
  }

  /** Janus has one recorder per publisher: all who record it share it. */
  get recorder(): MediaRecorder {
    return this.#publisher.recorder;
  }

  async makeOffer(): Promise<Description> {
    const publisher = this.#publisher;
    await Promise.all([publisher.joined(workMs), this.connection.attach(this.handle)]);
    const reply = await this.handle.request(subscribe(publisher.room.spec.mediaId, publisher.feed));
    const offer = offerOf(reply);
    this.#streams = heardStreams(reply.data) ?? [];
    // Nothing is sent before the answer.
    await this.#applyMutes();
    return offer;
  }

  async acceptAnswer(answer: Description): Promise<undefined> {
    const sdp = this.connection.clientSdp(withCrlf(answer.sdp));
    await this.handle.request({ request: 'start' }, answerJsep(sdp));
    this.expectClient();
    this.#isAnswered = true;
    await this.#layers.follow(this.#publisher, this.#streams);
  }

  async changePublisher(to: MediaSession): Promise<Description | undefined> {
    const publisher = this.#known(to);
    await publisher.joined(workMs);
    const offer = await publisher.whileThere(() => this.#change(publisher));
    this.#publisher = publisher;
    if (!offer) await this.#layers.follow(publisher, this.#streams);
    return offer;
  }

  async updateMedia({ bitrate, ...change }: MediaChange): Promise<Applied> {
    const { mute_audio: audio, mute_video: video, mute_data: data } = change;
    this.#muted = {
      audio: audio ?? this.#muted.audio,
      video: video ?? this.#muted.video,
      data: data ?? this.#muted.data,
    };
    await this.#applyMutes({ audio, video, data });
    const applied = allTookEffect(change);
    return bitrate === undefined ? applied : { ...applied, bitrate: await this.#layers.limit(bitrate) };
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelResume();
    this.#layers.stop();
    await super.close();
  }

  /** Returns Janus' offer where one is needed. */
  async #change(publisher: PublishSession): Promise<Description | undefined> {
    const pairs = pairStreams(this.#streams, publisher.streams);
    if (!pairs) return this.#replace(publisher);
    const reply = await this.#paused(() => this.handle.request(switchStreams(publisher.feed, pairs)));
    this.#streams = heardStreams(reply.data) ?? this.#streams;
    // Janus says ok also when it has moved a part of it only.
    if (!allFrom(publisher.feed, this.#streams)) return this.#replace(publisher);
    // It makes an offer where it had nothing more to send on an m-line.
    if (!reply.jsep) return undefined;
    this.#isAnswered = false;
    return offerOf(reply);
  }

  /** Janus sends all of it after a switch, muted or not: so nothing is sent until the mutes are back. */
  async #paused(change: () => Promise<PluginReply>): Promise<PluginReply> {
    if (!Object.values(this.#muted).includes(true)) return change();
    this.#cancelResume();
    try {
      await this.handle.request({ request: 'pause' });
      return await change();
    } finally {
      await this.#resume();
    }
  }

  /** Never throws: when Janus is out of reach it may still hold the media back, and is asked again. */
  async #resume(): Promise<void> {
    try {
      await this.#applyMutes();
      await this.handle.request({ request: 'start' });
    } catch {
      if (this.#isClosed) return;
      this.#cancelResume = this.connection.clock.after(resumeAgainMs, () => void this.#resume());
    }
  }

  /** @throws PatchbayError invalid_state while an offer is not answered: Janus would keep the new one for later */
  async #replace(publisher: PublishSession): Promise<Description> {
    if (!this.#isAnswered) throw new PatchbayError('invalid_state', 'the offer before this one is not answered yet');
    const old = this.#streams.filter(({ active }) => active).map(({ mid }) => mid);
    const wanted = publisher.streams.map(({ mid, type }) => ({ mid, send: !this.#muted[type] }));
    const reply = await this.handle.request(replaceStreams(old, publisher.feed, wanted));
    const offer = offerOf(reply);
    this.#isAnswered = false;
    this.#streams = heardStreams(reply.data) ?? [];
    return offer;
  }

  /** @param only the kinds to change; all when left out */
  async #applyMutes(only: Partial<Record<HeardStream['type'], unknown>> = this.#muted): Promise<void> {
    const streams = this.#streams
      .filter(({ type, active }) => active && only[type] !== undefined)
      .map(({ mid, type }) => ({ mid, send: !this.#muted[type] }));
    if (streams.length > 0) await this.handle.request(configureStreams(streams));
  }

  #known(publisher: MediaSession | undefined): PublishSession {
    if (!(publisher instanceof PublishSession)) throw new PatchbayError('invalid_publisher', 'it publishes nothing');
    if (publisher.connection !== this.connection) throw new PatchbayError('different_mediaserver');
    return publisher;
  }
}

const mutes = ({ mute_audio, mute_video, mute_data }: MediaState) => ({
  audio: mute_audio,
  video: mute_video,
  data: mute_data,
});
