import videoroom from 'janode/plugins/videoroom';
import { withCrlf } from '../../domain/sdp.ts';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, Description, MediaChange, MediaState } from '../../protocol/session.ts';
import type { MediaRoom, MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import type { JanusConnection } from './connection.ts';
import { mediaHandle } from './media-handle.ts';
import { OneHandle } from './one-handle.ts';
import { HandleRecorder } from './recorder.ts';
import { allTookEffect, answerOf, offerJsep } from './requests.ts';
import { JanusRoom } from './room.ts';
import { clampBps, publish, publisherUpdate } from './room-requests.ts';
import { type PublishedStream, publishedStreams } from './streams.ts';

/** `publish`: a publisher of the videoroom plugin. Its client's offer says what is published. */
export class PublishSession extends OneHandle implements MediaSession {
  readonly recorder = new HandleRecorder(this.handle, { request: 'configure' });
  /** Its name in the room. */
  readonly feed: string;
  readonly room: MediaRoom;
  readonly #media: MediaState;
  readonly #up = Promise.withResolvers<void>();
  readonly #listening = new Set<Promise<unknown>>();
  #isOver = false;
  #streams: readonly PublishedStream[] = [];

  /** @throws PatchbayError invalid_parameters without a room */
  constructor(connection: JanusConnection, spec: MediaSpec, sink: MediaSink) {
    const up = () => this.#up.resolve();
    const over = () => this.#end();
    const watched = watch(sink, up, over);
    super(connection, mediaHandle(videoroom, watched, onPluginEvent(watched, spec.room)));
    if (!spec.room) throw new PatchbayError('invalid_parameters', 'a publisher needs a room');
    this.room = spec.room;
    this.feed = spec.mediaId;
    this.#media = spec.media;
    // Most publishers end without anybody waiting for them.
    this.#up.promise.catch(() => {});
  }

  /** What it publishes; known once it can be listened to. */
  get streams(): readonly PublishedStream[] {
    return this.#streams;
  }

  /**
   * Resolves when it can be listened to: Janus lets nobody subscribe before the publisher's media connection is up.
   *
   * @throws PatchbayError invalid_publisher when it has ended, or is not up in time
   */
  async joined(timeoutMs: number): Promise<void> {
    this.#requireThere();
    const late = () => new PatchbayError('invalid_publisher', 'the publisher has no media connection yet');
    await withTimeout(this.#up.promise, timeoutMs, late);
  }

  /**
   * Runs a request that names this feed while the feed is there: its own end waits.
   *
   * @throws PatchbayError invalid_publisher when it has ended
   */
  async whileThere<T>(request: () => Promise<T>): Promise<T> {
    this.#requireThere();
    const running = request();
    this.#listening.add(running);
    try {
      return await running;
    } finally {
      this.#listening.delete(running);
    }
  }

  async acceptOffer(offer: Description): Promise<Description> {
    const { mediaId, bitrateBps, audioCodec, videoCodec } = this.room.spec;
    await Promise.all([this.room.make(), this.connection.attach(this.handle)]);
    const sdp = this.connection.clientSdp(withCrlf(offer.sdp));
    const request = publish(mediaId, this.feed, clampBps(this.#media.bitrate, bitrateBps));
    const reply = await this.handle.request(request, offerJsep(sdp));
    this.#streams = publishedStreams(reply.data);
    if (this.#streams.length === 0) {
      throw new PatchbayError(
        'invalid_value',
        `the offer has no media that the room takes: ${audioCodec}, ${videoCodec}`,
      );
    }
    // Before the client has the answer, so that nothing muted is passed on.
    const { mute_audio, mute_video, mute_data } = this.#media;
    if (mute_audio || mute_video || mute_data) await this.#configure({ mute_audio, mute_video, mute_data });
    this.expectClient();
    return answerOf(reply);
  }

  async updateMedia(change: MediaChange): Promise<Applied> {
    await this.#configure(change);
    return allTookEffect(change);
  }

  override async close(): Promise<void> {
    this.#end();
    await Promise.allSettled(this.#listening);
    await super.close();
  }

  async #configure(change: MediaChange): Promise<void> {
    await this.handle.request({ request: 'configure', ...publisherUpdate(change, this.room.spec.bitrateBps) });
  }

  #end(): void {
    this.#isOver = true;
    this.#up.reject(ended());
  }

  #requireThere(): void {
    if (this.#isOver) throw ended();
  }
}

const ended = () => new PatchbayError('invalid_publisher', 'the publisher has ended');

/** Passes on what is told, nothing after the end: that of the room leaves a handle which ends later. */
function watch(sink: MediaSink, up: () => void, over: () => void): MediaSink {
  let isOver = false;
  return {
    status: (status) => {
      if (isOver) return;
      if (status.class === 'webrtc' && status.status === 'up') up();
      sink.status(status);
    },
    stopped: (why) => {
      if (isOver) return;
      isOver = true;
      over();
      sink.stopped(why);
    },
  };
}

/** Of a room's end by another hand Janus tells its publishers alone. */
const onPluginEvent = (sink: MediaSink, room: MediaRoom | undefined) => (event: string) => {
  if (event !== videoroom.EVENT.VIDEOROOM_DESTROYED) return;
  sink.stopped(new PatchbayError('room_destroyed'));
  if (room instanceof JanusRoom) room.lost();
};
