import { readStatus } from '../../../lib/client/index.ts';
import { RecordingLine } from '../call/recording-line.tsx';
import { Icon } from '../shell/icon.tsx';
import { useLatest } from '../shell/use-latest.ts';

interface Props {
  /** The last status of class `recording` of the room. */
  readonly status: unknown;
  readonly isOpen: boolean;
  onRecord(isOn: boolean): Promise<unknown>;
}

/** Records the mix of a room, for administrators. */
export function RoomRecorder({ status, isOpen, onRecord }: Props) {
  const { isLoading, problem, load } = useLatest();
  const read = readStatus(status);
  const recording = read?.class === 'recording' ? read : undefined;
  const isOn = recording?.state === 'started';
  return (
    <>
      <button
        type="button"
        class="button button-mute"
        data-testid="room-record"
        aria-pressed={isOn}
        disabled={!isOpen || isLoading}
        onClick={() =>
          void load(
            () => onRecord(!isOn),
            () => undefined,
          )
        }
      >
        <Icon name={isOn ? 'stop' : 'record'} />
        Record the room
      </button>
      {problem && (
        <p class="mix-problem" role="alert" data-testid="room-record-problem">
          {problem}
        </p>
      )}
      <RecordingLine recording={recording} testId="room-recording" />
    </>
  );
}
