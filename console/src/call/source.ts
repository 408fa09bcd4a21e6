import { openTestPicture } from './test-picture.ts';

export type SourceKind = 'camera' | 'microphone' | 'picture';

/** What a call sends; whoever opened it stops it. */
export interface Source {
  readonly stream: MediaStream;
  stop(): void;
}

/** A source that could not be opened: `message` is for the page's reader. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** @throws SourceError */
export async function openSource(kind: SourceKind): Promise<Source> {
  if (kind === 'picture') return openTestPicture();
  // Missing on a page that is neither https nor localhost, whatever the types say.
  if (!('mediaDevices' in navigator)) {
    throw new SourceError('This page may not use camera and microphone: it needs https, or localhost.');
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: kind === 'camera' });
    return { stream, stop: () => stopTracks(stream) };
  } catch (error) {
    throw new SourceError(explain(error, kind), { cause: error });
  }
}

export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** The names are those of W3C Media Capture and Streams, section 10.2. */
function explain(error: unknown, kind: SourceKind): string {
  const devices = kind === 'camera' ? 'camera and microphone' : 'the microphone';
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
      return `The browser was not allowed to use ${devices}. Allow it in the address bar, or send something else.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return kind === 'camera' ? 'No camera and microphone were found.' : 'No microphone was found.';
    case 'NotReadableError':
    case 'AbortError':
      return `Another program seems to be using ${devices}.`;
    default:
      return `The browser could not open ${devices}: ${error instanceof Error ? error.message : 'unknown fault'}.`;
  }
}
