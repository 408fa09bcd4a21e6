import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { MediaRoom, MediaSession, RoomSpec } from '../../lib/backends/backend.ts';
import type { JanusBackend } from '../../lib/backends/janus/backend.ts';
import type { PatchbayError } from '../../lib/protocol/errors.ts';
import type { MediaState } from '../../lib/protocol/session.ts';
import { janusHandles, janusRooms } from './janus-admin.ts';
import { type JanusBench, KeptSink, mediaSpec, openMedia, roomSpec, startJanusBench } from './janus-backend.ts';
import {
  hears as hearsTone,
  type ListenerEnd,
  listenTo,
  type PublisherEnd,
  type PublishOptions,
  publishTo,
  received,
} from './media-ends.ts';
import { nextPicture, openPicture, type Picture, type PictureOptions } from './picture.ts';
import { grows, stops, until } from './until.ts';
import { openTone, rtpBytes, type Tone } from './wrtc.ts';

export interface Publisher extends PublisherEnd {
  readonly session: MediaSession;
  readonly sink: KeptSink;
}
export interface Listener extends ListenerEnd {
  readonly session: MediaSession;
  readonly sink: KeptSink;
}
export interface Room extends MediaRoom {
  /** Why its sink was told of its end, each time. */
  readonly ends: PatchbayError[];
}

/** Rooms of one backend with publishers and listeners in them, and their media. */
export class JanusStage {
  readonly #janus: JanusBackend;
  readonly #sources: (Tone | Picture)[] = [];
  readonly #peerConnections: RTCPeerConnection[] = [];
  readonly #sessions: MediaSession[] = [];
  readonly #rooms: MediaRoom[] = [];

  constructor(janus: JanusBackend) {
    this.#janus = janus;
  }

  /** Ends all that was opened here. */
  async close(): Promise<void> {
    for (const peerConnection of this.#peerConnections) peerConnection.close();
    for (const session of this.#sessions) await session.close();
    for (const room of this.#rooms) await room.close();
    for (const source of this.#sources) source.stop();
  }

  openRoom(spec: Partial<RoomSpec> = {}): Room {
    const ends: PatchbayError[] = [];
    const room = this.#janus.openRoom(roomSpec(spec), { stopped: (why) => ends.push(why) });
    this.#rooms.push(room);
    return Object.assign(room, { ends });
  }

  tone(hz?: number): MediaStreamTrack {
    const source = openTone(hz);
    this.#sources.push(source);
    const [track] = source.stream.getTracks();
    if (!track) throw new Error('no track');
    return track;
  }

  picture(options: PictureOptions = {}): MediaStreamTrack {
    const source = openPicture(options);
    this.#sources.push(source);
    return source.track;
  }

  openPublisher(room: MediaRoom, media: Partial<MediaState> = {}): { session: MediaSession; sink: KeptSink } {
    const sink = new KeptSink();
    const session = this.#janus.open(mediaSpec({ type: 'publish', room, media: { ...openMedia, ...media } }), sink);
    this.#sessions.push(session);
    return { session, sink };
  }

  async publish(
    room: MediaRoom,
    tracks: readonly MediaStreamTrack[],
    { media, ...options }: PublishOptions & { readonly media?: Partial<MediaState> } = {},
  ): Promise<Publisher> {
    return this.send(this.openPublisher(room, media), tracks, options);
  }

  /** Connects a publisher that was opened. */
  async send(
    opened: { readonly session: MediaSession; readonly sink: KeptSink },
    tracks: readonly MediaStreamTrack[],
    options: PublishOptions = {},
  ): Promise<Publisher> {
    const end = await publishTo(opened.session, tracks, options);
    this.#peerConnections.push(end.peerConnection);
    return { ...end, ...opened };
  }

  openListener(publisher: MediaSession, media: Partial<MediaState> = {}): { session: MediaSession; sink: KeptSink } {
    const sink = new KeptSink();
    const spec = mediaSpec({ type: 'listen', publisher, media: { ...openMedia, ...media } });
    const session = this.#janus.open(spec, sink);
    this.#sessions.push(session);
    return { session, sink };
  }

  async listen(publisher: MediaSession, media: Partial<MediaState> = {}): Promise<Listener> {
    const opened = this.openListener(publisher, media);
    const end = await listenTo(opened.session);
    this.#peerConnections.push(end.peerConnection);
    return { ...end, ...opened };
  }
}

/** For a file of tests: one Janus for all of them, and a stage for each, of which it leaves nothing in Janus. */
export function useStage(): { readonly bench: JanusBench; readonly janus: JanusBackend; readonly stage: JanusStage } {
  let bench: JanusBench;
  let janus: JanusBackend;
  let stage: JanusStage;
  beforeAll(async () => {
    bench = await startJanusBench();
    janus = await bench.connect();
  });
  afterAll(() => bench?.stop());
  beforeEach(() => {
    stage = new JanusStage(janus);
  });
  afterEach(async () => {
    await stage.close();
    expect(await janusHandles(bench.janus)).toEqual([]);
    expect(await janusRooms(bench.janus.url)).toEqual([]);
  });
  return {
    get bench() {
      return bench;
    },
    get janus() {
      return janus;
    },
    get stage() {
      return stage;
    },
  };
}

type Kind = 'audio' | 'video';

/** Bytes of RTP that a listener got. */
export const inbound = ({ peerConnection }: ListenerEnd, kind: Kind): Promise<number> =>
  rtpBytes(peerConnection, 'inbound', kind);

export const flows = (listener: ListenerEnd, kind: Kind): Promise<void> =>
  grows(`${kind} that a listener gets`, () => inbound(listener, kind), 1000);

export const isSilent = (listener: ListenerEnd, kind: Kind): Promise<void> =>
  stops(`${kind} that a listener gets`, () => inbound(listener, kind), 1500);

export const hears = (listener: ListenerEnd, hz: number): Promise<unknown> => hearsTone(listener.peerConnection, hz);

export const sees = (listener: ListenerEnd, color: string): Promise<unknown> =>
  until(`${color} is seen`, async () => {
    const seen = await nextPicture(received(listener.peerConnection, 'video'));
    return seen.color === color;
  });

/** Whether a message that is sent now comes. */
export async function getsData(from: PublisherEnd, listener: ListenerEnd, text: string): Promise<boolean> {
  from.data?.send(text);
  await delay(500);
  return listener.messages.includes(text);
}

export const dataFlows = (from: PublisherEnd, listener: ListenerEnd, text: string): Promise<unknown> =>
  until('data comes', () => getsData(from, listener, text));
