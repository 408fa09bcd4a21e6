import wrtc from '@roamhq/wrtc';
import { openPicture, type PictureOptions } from './picture.ts';
import { openTone } from './wrtc.ts';

/** A tone and a picture in one stream: what a client with microphone and camera sends. */
export interface Scene {
  readonly stream: MediaStream;
  stop(): void;
}

export function openScene(hz?: number, picture?: PictureOptions): Scene {
  const tone = openTone(hz);
  const { track, stop } = openPicture(picture);
  return {
    stream: new wrtc.MediaStream([...tone.stream.getTracks(), track]),
    stop() {
      tone.stop();
      stop();
    },
  };
}
