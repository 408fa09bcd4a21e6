import type { MediaSession, MediaSink, MediaSpec } from '../../backends/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, CreateData, Description, MediaChange, MediaState } from '../../protocol/session.ts';
import { type Settled, settle } from '../settle.ts';
import { SharedRecorder } from './shared-recorder.ts';
import type { SessionSpec } from './spec.ts';

/** What an engine made at the start: an answer to the client's offer, an offer of its own, or nothing. */
export interface Made {
  readonly offer?: Description;
  readonly answer?: Description;
}

/** What a moderator has muted of a session. */
interface Moderated {
  readonly audio: boolean;
  readonly video: boolean;
}

const nothing: MediaState = { mute_audio: false, mute_video: false, mute_data: false, bitrate: 0 };

/** A session's media on its engine, and what the client may send. */
export class SessionMedia {
  readonly engine: MediaSession;
  /** Records what its client sends; undefined where that cannot be done. */
  readonly recorder: SharedRecorder | undefined;
  readonly #spec: SessionSpec;
  /** As its client wants it. */
  #wanted: MediaState;
  #moderated: Moderated = { audio: false, video: false };
  /** Changes that wait for the session to be ready. */
  #remembered: MediaChange = {};

  /** @throws PatchbayError no_mediaserver, incompatible_session */
  constructor(spec: SessionSpec, sink: MediaSink, clock: Clock) {
    const { data, binding, mediaId } = spec;
    const { type, backend, master, kinds, room, publisher } = binding;
    this.#spec = spec;
    this.#wanted = {
      mute_audio: data.mute_audio ?? false,
      mute_video: data.mute_video ?? false,
      mute_data: data.mute_data ?? false,
      bitrate: data.bitrate ?? 0,
    };
    const bound = {
      ...(kinds && { kinds }),
      ...(master && { master: master.media.engine }),
      ...(room && { room: room.media }),
      ...(publisher && { publisher: publisher.media.engine }),
      ...(!data.offer && { offers: offersOf(data) }),
    };
    this.engine = backend.open({ mediaId, type, media: this.#wanted, ...bound }, sink);
    this.recorder = this.engine.recorder && new SharedRecorder(this.engine.recorder, clock);
  }

  /** What is in force: muted is what its client or a moderator muted. */
  get state(): MediaState {
    const { mute_audio, mute_video } = this.#wanted;
    const { audio, video } = this.#moderated;
    const wanted = { ...this.#wanted, mute_audio: mute_audio || audio, mute_video: mute_video || video };
    const lacking = (this.engine.lacks ?? []).map((field) => [field, nothing[field]]);
    return { ...wanted, ...Object.fromEntries(lacking) };
  }

  /** What a moderator muted. */
  get moderated(): Moderated {
    return this.#moderated;
  }

  /** What the engine makes of it; nothing where both SDPs come from clients. */
  start(): Promise<Settled<Made>> {
    return settle(this.#make());
  }

  async #make(): Promise<Made> {
    const { engine } = this;
    const { offer } = this.#spec.data;
    if (offer) {
      const answer = await engine.acceptOffer?.(offer);
      return answer ? { answer } : {};
    }
    return engine.makeOffer ? { offer: await engine.makeOffer() } : {};
  }

  /** @throws PatchbayError invalid_operation when the engine makes the answer itself */
  requireClientAnswer(): void {
    // An engine that offered does not answer, though it could.
    if (!this.engine.acceptOffer || (this.engine.makeOffer && !this.#spec.data.offer)) return;
    throw new PatchbayError('invalid_operation', `${this.#spec.binding.backend.kind} makes the answer of this session`);
  }

  /**
   * Changes what the client may send; before the session is ready it is only remembered, and nothing applied. What a
   * moderator has muted stays so until the moderator says otherwise.
   *
   * @throws PatchbayError invalid_operation; or what the engine refused
   */
  async update(change: MediaChange, isReady: boolean): Promise<Applied> {
    this.#requireUpdates();
    const wanted = given(change);
    if (!isReady) {
      this.#remembered = { ...this.#remembered, ...wanted };
      return {};
    }
    const { audio, video } = this.#moderated;
    const held = {
      ...(audio && wanted.mute_audio === false && { mute_audio: false }),
      ...(video && wanted.mute_video === false && { mute_video: false }),
    };
    const free = Object.fromEntries(Object.entries(wanted).filter(([field]) => !Object.hasOwn(held, field)));
    const applied = await this.#apply(free);
    this.#wanted = { ...this.#wanted, ...held, ...tookEffect(free, applied) };
    return { ...applied, ...held };
  }

  /**
   * A moderator's mute, or its end: then what its client wants counts again.
   *
   * @throws PatchbayError invalid_operation; or what the engine refused
   */
  async moderate(change: Partial<Moderated>, isReady: boolean): Promise<void> {
    this.#requireUpdates();
    const before = this.#moderated;
    this.#moderated = { ...before, ...change };
    if (!isReady) return;
    try {
      const { mute_audio, mute_video } = this.state;
      await this.#apply({
        ...(change.audio !== undefined && { mute_audio }),
        ...(change.video !== undefined && { mute_video }),
      });
    } catch (error) {
      this.#moderated = before;
      throw error;
    }
  }

  /** Applies what was remembered: the session is ready. */
  async applyRemembered(): Promise<void> {
    const change = this.#remembered;
    this.#remembered = {};
    if (Object.keys(change).length > 0) await this.update(change, true);
    const { audio, video } = this.#moderated;
    if (audio || video) await this.moderate({ ...(audio && { audio }), ...(video && { video }) }, true);
  }

  /** Files first: what records it must be complete before its media is given back. */
  async close(): Promise<void> {
    await this.recorder?.close();
    await this.engine.close();
  }

  async #apply(change: MediaChange): Promise<Applied> {
    if (Object.keys(change).length === 0) return {};
    return (await this.engine.updateMedia?.(change)) ?? {};
  }

  #requireUpdates(): void {
    if (this.engine.updateMedia) return;
    const { type } = this.#spec.binding;
    throw new PatchbayError('invalid_operation', `the media of this ${type} session cannot be changed here`);
  }
}

/** What is offered to a client that brings no offer: video too, if it is not plain RTP or said otherwise. */
function offersOf({ sdp_type = 'webrtc', offer_video }: CreateData): NonNullable<MediaSpec['offers']> {
  return { sdpType: sdp_type, hasVideo: offer_video ?? sdp_type === 'webrtc' };
}

const given = (change: MediaChange): MediaChange =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));

/** The fields of a change that the engine says it did. */
const tookEffect = (change: MediaChange, applied: Applied): Partial<MediaState> =>
  Object.fromEntries(Object.entries(change).filter(([field]) => Reflect.get(applied, field) === true));
