import wrtc from '@roamhq/wrtc';

/** Pictures for libwebrtc in Node: what a camera and an eye would be. */

const colors = { red: [82, 90, 240], green: [145, 54, 34], blue: [41, 240, 110], grey: [128, 128, 128] } as const;
export type Color = keyof typeof colors;

export interface PictureOptions {
  readonly color?: Color;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  /** Takes all the bitrate that there is. */
  readonly isNoisy?: boolean;
}

export interface Picture {
  readonly track: MediaStreamTrack;
  stop(): void;
}

/** A plain background of one color with a moving bar, or with noise, as a video track. */
export function openPicture({
  color = 'red',
  width = 320,
  height = 240,
  framesPerSecond = 15,
  isNoisy = false,
}: PictureOptions = {}): Picture {
  const source = new wrtc.nonstandard.RTCVideoSource();
  const track = source.createTrack();
  const [luma, blueness, redness] = colors[color];
  const pixels = width * height;
  const data = new Uint8Array(pixels * 1.5);
  let frame = 0;
  const timer = setInterval(() => {
    frame += 1;
    data
      .fill(luma, 0, pixels)
      .fill(blueness, pixels, pixels * 1.25)
      .fill(redness, pixels * 1.25);
    if (isNoisy) for (let at = 0; at < pixels; at += 1) data[at] = luma + 60 * (Math.random() - 0.5);
    const bar = (frame * 4) % (width - 8);
    for (let row = 0; row < height; row += 1) data.fill(235, row * width + bar, row * width + bar + 8);
    source.onFrame({ width, height, data });
  }, 1000 / framesPerSecond);
  return {
    track,
    stop() {
      clearInterval(timer);
      track.stop();
    },
  };
}

interface Frame {
  readonly width: number;
  readonly height: number;
  /** I420. */
  readonly data: Uint8Array;
}

export interface Seen {
  readonly color: Color;
  readonly width: number;
  readonly height: number;
}

/** The next picture that comes on a track: its size, and which of our colors most of it has. */
export async function nextPicture(track: MediaStreamTrack, timeoutMs = 5000): Promise<Seen> {
  const sink = new wrtc.nonstandard.RTCVideoSink(track);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Seen>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no picture within ${timeoutMs} ms`)), timeoutMs);
      sink.onframe = ({ frame: { width, height, data } }: { frame: Frame }) => {
        const pixels = width * height;
        const chroma = [mean(data, pixels, pixels * 1.25), mean(data, pixels * 1.25, pixels * 1.5)] as const;
        resolve({ color: nearest(chroma), width, height });
      };
    });
  } finally {
    clearTimeout(timer);
    sink.stop();
  }
}

function nearest([blueness, redness]: readonly [number, number]): Color {
  const distance = (name: Color) => Math.hypot(colors[name][1] - blueness, colors[name][2] - redness);
  const names: Color[] = ['red', 'green', 'blue', 'grey'];
  return names.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}

function mean(data: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = Math.floor(from); at < Math.floor(to); at += 1) sum += data[at] ?? 0;
  return sum / (Math.floor(to) - Math.floor(from));
}
