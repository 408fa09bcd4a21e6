import type wrtc from '@roamhq/wrtc';
import { PitchMeter } from './pitch.ts';

/** libwebrtc in Node: real ICE, DTLS and RTP without a browser. */
export type Wrtc = typeof wrtc;

const sampleRate = 48_000;
const frameMs = 10;
const samplesPerFrame = (sampleRate * frameMs) / 1000;

export interface Tone {
  readonly stream: MediaStream;
  stop(): void;
}

/** A sine as an audio track. */
export function openTone({ nonstandard, MediaStream }: Wrtc, hz: number): Tone {
  const source = new nonstandard.RTCAudioSource();
  const track = source.createTrack();
  const startedAtMs = performance.now();
  let at = 0;
  const sendFrame = () => {
    const samples = new Int16Array(samplesPerFrame);
    for (let index = 0; index < samplesPerFrame; index += 1) {
      samples[index] = 12_000 * Math.sin((2 * Math.PI * hz * at) / sampleRate);
      at += 1;
    }
    source.onData({ samples, sampleRate, bitsPerSample: 16, channelCount: 1, numberOfFrames: samplesPerFrame });
  };
  // A timer that comes late makes up for it: a tone without gaps, as long as the time that it takes.
  const timer = setInterval(() => {
    while (at < ((performance.now() - startedAtMs) * sampleRate) / 1000) sendFrame();
  }, frameMs);
  return {
    stream: new MediaStream([track]),
    stop() {
      clearInterval(timer);
      track.stop();
    },
  };
}

type AudioData = wrtc.nonstandard.RTCAudioData;

/**
 * The pitch of what is heard on a track for a while, by its zero crossings; 0 for silence.
 *
 * @param signal gives up waiting for sound: then 0
 */
export async function pitchHz(
  { nonstandard }: Wrtc,
  track: MediaStreamTrack,
  { forMs = 500, signal }: { readonly forMs?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  const sink = new nonstandard.RTCAudioSink(track);
  const meter = new PitchMeter();
  let rate = sampleRate;
  await new Promise<void>((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
    sink.ondata = ({ samples, sampleRate: rateNow, channelCount = 1 }: AudioData) => {
      rate = rateNow;
      for (let at = 0; at < samples.length; at += channelCount) meter.hear(samples[at] ?? 0);
      if (meter.samples >= (rate * forMs) / 1000) resolve();
    };
  });
  sink.stop();
  return meter.hz(rate);
}
