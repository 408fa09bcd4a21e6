import './recording-line.css';
import type { RecordingStatus } from './call-state.ts';

/** How far the newest recording is, and where it will be. */
export function RecordingLine({ recording, testId }: { recording: RecordingStatus | undefined; testId: string }) {
  return (
    <p
      class="recording-line"
      role="status"
      data-testid={testId}
      data-state={recording?.state}
      hidden={recording === undefined}
    >
      {recording && (
        <>
          {describe(recording)}{' '}
          {/^https?:/.test(recording.uri) ? (
            <a href={recording.uri} target="_blank" rel="noreferrer">
              {recording.uri}
            </a>
          ) : (
            <code>{recording.uri}</code>
          )}
        </>
      )}
    </p>
  );
}

function describe({ state, duration = 0, bytes = 0 }: RecordingStatus): string {
  switch (state) {
    case 'started':
      return 'Recording to';
    case 'processing':
      return `${duration.toFixed(1)} s are being written to`;
    case 'available':
      return `Recorded ${duration.toFixed(1)} s, ${Math.ceil(bytes / 1000)} kB:`;
    case 'failed':
      return bytes === 0
        ? 'Nothing was recorded to'
        : `The recording broke off; of it there are ${Math.ceil(bytes / 1000)} kB:`;
  }
}
