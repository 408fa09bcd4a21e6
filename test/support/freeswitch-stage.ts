import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { MediaRoom, MediaSession, MediaSpec, RoomSpec } from '../../lib/backends/backend.ts';
import type { FreeSwitchBackend } from '../../lib/backends/freeswitch/backend.ts';
import { withTimeout } from '../../lib/domain/with-timeout.ts';
import type { Description, SdpType } from '../../lib/protocol/session.ts';
import { absentEnd, type CallEnd, rtpEnd, WebrtcEnd } from './call-ends.ts';
import {
  type EngineKind,
  engineStartMs,
  type FreeSwitchBench,
  mediaSpec,
  roomSpec,
  startFreeSwitchBench,
} from './freeswitch-backend.ts';
import { KeptSink } from './janus-backend.ts';
import { connected, received } from './media-ends.ts';
import { openRtpEndpoint, type RtpEndpoint } from './rtp-endpoint.ts';
import { grows, until } from './until.ts';
import { openTone, pitchHz, type Tone } from './wrtc.ts';

export type Role = 'offeree' | 'offerer';

export interface LegOptions {
  /** Who makes the offer: patchbay is offeree when it is the client. */
  readonly role?: Role;
  readonly sdpType?: SdpType;
  /** Of the tone that it sends. */
  readonly hz?: number;
  readonly spec?: Partial<MediaSpec>;
  /** Changes what the client says, before FreeSWITCH is told. */
  readonly says?: (sdp: string) => string;
}

/** One session with its client. */
export interface Leg {
  readonly session: MediaSession;
  readonly sink: KeptSink;
  readonly id: string;
  readonly end: CallEnd;
  /** The tone that it sends. */
  readonly hz: number;
  /** Of a WebRTC client that is there. */
  readonly peerConnection: RTCPeerConnection | undefined;
  /** The pitch of what it hears, from now on. */
  hears(forMs?: number): Promise<number>;
}

type Type = 'park' | 'echo' | 'bridge' | 'mcu';

/** Calls of one backend, with clients that speak: libwebrtc, or a phone. The double's WebRTC clients signal only. */
export class FreeSwitchStage {
  readonly bench: FreeSwitchBench;
  readonly backend: FreeSwitchBackend;
  readonly #tones: Tone[] = [];
  readonly #phones: RtpEndpoint[] = [];
  readonly #ends: WebrtcEnd[] = [];
  readonly #sessions: MediaSession[] = [];
  readonly #rooms: MediaRoom[] = [];

  constructor(bench: FreeSwitchBench, backend: FreeSwitchBackend) {
    this.bench = bench;
    this.backend = backend;
  }

  /** Ends all that was opened here. */
  async close(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close()));
    await Promise.all(this.#rooms.map((room) => room.close()));
    for (const { peerConnection } of this.#ends) peerConnection.close();
    for (const tone of this.#tones) tone.stop();
    await Promise.all(this.#phones.map((phone) => phone.close()));
  }

  openRoom(spec: Partial<RoomSpec> = {}): MediaRoom {
    const room = this.backend.openRoom(roomSpec(spec));
    this.#rooms.push(room);
    return room;
  }

  open(type: Type, spec: Partial<MediaSpec> = {}): { session: MediaSession; sink: KeptSink; id: string } {
    const sink = new KeptSink();
    const whole = mediaSpec({ type, ...spec });
    const session = this.backend.open(whole, sink);
    this.#sessions.push(session);
    return { session, sink, id: whole.mediaId };
  }

  /** A call whose descriptions are exchanged. */
  async call(
    type: Type,
    { role = 'offeree', sdpType = 'rtp', hz = 440, spec = {}, says = same }: LegOptions = {},
  ): Promise<Leg> {
    const offers = role === 'offerer' && { offers: { sdpType, hasVideo: false } };
    const opened = this.open(type, { ...(type === 'mcu' && { room: this.openRoom() }), ...offers, ...spec });
    const client = await this.client(sdpType, hz);
    await introduce(opened.session, client.end, role, says);
    return { ...opened, ...client };
  }

  /** The same, connected: at its place. */
  async connected(type: Type, options: LegOptions = {}): Promise<Leg> {
    const leg = await this.call(type, options);
    if (leg.peerConnection) await connected(leg.peerConnection);
    await isThere(leg);
    return leg;
  }

  async client(sdpType: SdpType, hz: number): Promise<Pick<Leg, 'end' | 'hz' | 'peerConnection' | 'hears'>> {
    if (sdpType === 'rtp') {
      const phone = await openRtpEndpoint(hz);
      this.#phones.push(phone);
      return { end: rtpEnd(phone), hz, peerConnection: undefined, hears: (forMs) => phone.pitchHz(forMs) };
    }
    if (this.bench.kind === 'double') {
      return {
        end: absentEnd(),
        hz,
        peerConnection: undefined,
        hears: () => Promise.reject(new Error('it has no media')),
      };
    }
    const tone = openTone(hz);
    const end = new WebrtcEnd(tone, { trickles: true });
    this.#tones.push(tone);
    this.#ends.push(end);
    const { peerConnection } = end;
    return { end, hz, peerConnection, hears: (forMs) => pitchHz(received(peerConnection, 'audio'), forMs) };
  }
}

const same = (sdp: string) => sdp;

const describeAs = (sdp: string, sdp_type: SdpType): Description => ({ sdp, sdp_type, trickle_ice: false });

/** The two descriptions. */
export async function introduce(
  session: MediaSession,
  end: CallEnd,
  role: Role,
  says: (sdp: string) => string = same,
): Promise<void> {
  if (role === 'offeree') {
    const answer = await session.acceptOffer?.(describeAs(says(await end.offer()), end.sdpType));
    if (!answer) throw new Error('no answer');
    await end.takeAnswer(answer.sdp);
  } else {
    const offer = await session.makeOffer?.();
    if (!offer) throw new Error('no offer');
    await session.acceptAnswer?.(describeAs(says(await end.answer(offer.sdp)), end.sdpType));
  }
}

/** Its client has connected: a command is obeyed. */
export async function isThere({ session }: Pick<Leg, 'session'>): Promise<void> {
  await session.updateMedia?.({});
}

/** Whether its media can be looked at. */
export const hasMedia = ({ peerConnection, end }: Leg): boolean =>
  peerConnection !== undefined || end.sdpType === 'rtp';

const hearMs = 10_000;

/** One hears the tone of another, or of itself. Of media that a double does not have nothing is known. */
export async function hears(leg: Leg, speaker: Leg): Promise<void> {
  if (!hasMedia(leg) || !hasMedia(speaker)) return;
  let heardHz = 0;
  const listening = until(
    `${speaker.hz} Hz are heard`,
    async () => {
      heardHz = await leg.hears(300);
      return Math.abs(heardHz - speaker.hz) < 20;
    },
    hearMs,
  );
  await withTimeout(listening, 2 * hearMs, () => new Error('nothing is heard')).catch((error: unknown) => {
    throw new Error(`the pitch heard was ${heardHz} Hz`, { cause: error });
  });
}

/** Packets come to it. */
export async function flows(leg: Leg): Promise<void> {
  if (hasMedia(leg)) await grows('what comes', () => leg.end.bytesIn(), 500);
}

/** For a file of tests: one FreeSWITCH for all of them, and a stage for each, of which it leaves nothing. */
export function useFreeSwitch(kind: EngineKind): { readonly bench: FreeSwitchBench; readonly stage: FreeSwitchStage } {
  let bench: FreeSwitchBench;
  let backend: FreeSwitchBackend;
  let stage: FreeSwitchStage;
  beforeAll(async () => {
    bench = await startFreeSwitchBench(kind);
    backend = await bench.connect();
  }, engineStartMs);
  afterAll(() => bench?.stop());
  beforeEach(async () => {
    await until('FreeSWITCH is up', () => backend.engine().up, 20_000);
    stage = new FreeSwitchStage(bench, backend);
  });
  afterEach(async () => {
    await stage.close();
    await bench.hasChannels(0);
    expect(backend.engine().sessions).toBe(0);
  });
  return {
    get bench() {
      return bench;
    },
    get stage() {
      return stage;
    },
  };
}
