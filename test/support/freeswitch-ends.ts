import { setTimeout as delay } from 'node:timers/promises';
import type { SdpType } from '../../lib/protocol/session.ts';
import { type CallEnd, rtpEnd, WebrtcEnd } from './call-ends.ts';
import { webrtcAnswer, webrtcOffer } from './freeswitch/contract-world.ts';
import { hears } from './media-ends.ts';
import type { RtpEndpoint } from './rtp-endpoint.ts';
import { grows, until } from './until.ts';
import type { Tone } from './wrtc.ts';

/** A client's media whose ears can be listened with. */
export interface HearingEnd extends CallEnd {
  readonly peerConnection?: RTCPeerConnection;
  /** Whether there is any media at all. */
  readonly hasMedia: boolean;
  /** Of the tone that it sends. */
  readonly hz: number;
  /** Waits until this is what it hears. */
  hears(hz: number): Promise<void>;
  /** Waits until it hears nothing, or silence. */
  hearsNothing(): Promise<void>;
  /** Waits until media goes on coming to it. */
  isServed(): Promise<void>;
  close(): Promise<void>;
}

const listenMs = 300;

export const tonedWebrtcEnd = (tone: Tone, hz: number): HearingEnd & WebrtcEnd => {
  const end = new WebrtcEnd(tone);
  return Object.assign(end, {
    hasMedia: true,
    hz,
    hears: async (other: number) => void (await hears(end.peerConnection, other)),
    hearsNothing: async () => void (await hears(end.peerConnection, 0)),
    isServed: () => grows('media that comes', () => end.bytesIn(), 1000),
    async close() {
      end.peerConnection.close();
      tone.stop();
    },
  });
};

/** What a phone hears now; 0 for silence or nothing. */
export const pitchOf = (phone: RtpEndpoint): Promise<number> =>
  Promise.race([phone.pitchHz(listenMs), delay(3 * listenMs, 0)]);

export const isSameHz = (hz: number, other: number): boolean => Math.abs(hz - other) < 15;

export function phoneEnd(phone: RtpEndpoint, hz: number): HearingEnd {
  const end = rtpEnd(phone);
  let closing: Promise<void> | undefined;
  const heardHz = () => pitchOf(phone);
  return {
    ...end,
    hasMedia: true,
    hz,
    async hears(other) {
      await until(`the phone hears ${other} Hz`, async () => isSameHz(await heardHz(), other));
    },
    async hearsNothing() {
      await until('the phone hears nothing', async () => (await heardHz()) < 30);
    },
    isServed: () => grows('packets that come', end.bytesIn, 1600),
    close() {
      closing ??= phone.close();
      return closing;
    },
  };
}

/** A WebRTC client that is only its SDPs: for an engine that has no media for it. */
export const paperEnd = (): HearingEnd => ({
  sdpType: 'webrtc',
  hasMedia: false,
  hz: 0,
  offer: async () => webrtcOffer,
  takeAnswer: async () => {},
  answer: async () => webrtcAnswer,
  bytesIn: async () => 0,
  hears: async () => {},
  hearsNothing: async () => {},
  isServed: async () => {},
  close: async () => {},
});

export type HearingEnds = Readonly<Record<SdpType, () => Promise<HearingEnd>>>;
