import type { Backend, MediaSession, MediaSink } from '../backends/backend.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Applied, CreateData, Description, MediaChange, MediaState } from '../protocol/session.ts';
import { type Settled, settle } from './settle.ts';

/** What an engine made at the start: an answer to the client's offer, an offer of its own, or nothing. */
export interface Made {
  readonly offer?: Description;
  readonly answer?: Description;
}

/** A session's media on its engine, and what the client may send. */
export class SessionMedia {
  readonly engine: MediaSession;
  readonly #data: CreateData;
  readonly #kind: Backend['kind'];
  #state: MediaState;
  /** Changes that wait for the session to be ready. */
  #remembered: MediaChange = {};

  /** @throws PatchbayError no_mediaserver, not_implemented */
  constructor(backend: Backend, mediaId: string, data: CreateData, sink: MediaSink) {
    this.#data = data;
    this.#kind = backend.kind;
    this.#state = {
      mute_audio: data.mute_audio ?? false,
      mute_video: data.mute_video ?? false,
      mute_data: data.mute_data ?? false,
      bitrate: data.bitrate ?? 0,
    };
    this.engine = backend.open({ mediaId, type: data.type, media: this.#state }, sink);
  }

  get state(): MediaState {
    return this.#state;
  }

  /** What the engine makes of it; nothing where both SDPs come from clients. */
  start(): Promise<Settled<Made>> {
    return settle(this.#make());
  }

  async #make(): Promise<Made> {
    const { offer } = this.#data;
    const { engine } = this;
    if (offer) return engine.acceptOffer ? { answer: await engine.acceptOffer(offer) } : {};
    return engine.makeOffer ? { offer: await engine.makeOffer() } : {};
  }

  /** @throws PatchbayError invalid_operation when the engine makes the answer itself */
  requireClientAnswer(): void {
    if (!this.engine.acceptOffer) return;
    throw new PatchbayError('invalid_operation', `${this.#kind} makes the answer of this session`);
  }

  /**
   * Changes what the client may send; before the session is ready it is only remembered, and nothing applied.
   *
   * @throws PatchbayError invalid_operation; or what the engine refused
   */
  async update(change: MediaChange, isReady: boolean): Promise<Applied> {
    if (!this.engine.updateMedia) {
      throw new PatchbayError('invalid_operation', `patchbay does not hold the media of a ${this.#data.type} session`);
    }
    if (!isReady) {
      this.#remembered = { ...this.#remembered, ...given(change) };
      return {};
    }
    const applied = await this.engine.updateMedia(change);
    this.#state = { ...this.#state, ...tookEffect(change, applied) };
    return applied;
  }

  /** Applies what was remembered: the session is ready. */
  async applyRemembered(): Promise<void> {
    const change = this.#remembered;
    this.#remembered = {};
    if (Object.keys(change).length > 0) await this.update(change, true);
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}

const given = (change: MediaChange): MediaChange =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));

/** The fields of a change that the engine says it did. */
function tookEffect(change: MediaChange, applied: Applied): Partial<MediaState> {
  const { bitrate, ...mutes } = given(change);
  const took = Object.entries(mutes).filter(([field, value]) => Reflect.get(applied, field) === value);
  return { ...Object.fromEntries(took), ...(typeof applied.bitrate === 'number' && { bitrate: applied.bitrate }) };
}
