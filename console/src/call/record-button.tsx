import { Icon } from '../shell/icon.tsx';
import type { CallState } from './call-state.ts';

interface Props {
  readonly testId: string;
  readonly state: CallState;
  readonly isReady: boolean;
  onRecord(isOn: boolean): void;
}

export function RecordButton({ testId, state, isReady, onRecord }: Props) {
  const isOn = state.recording?.state === 'started';
  return (
    <button
      type="button"
      class="button button-big button-mute"
      data-testid={testId}
      aria-pressed={isOn}
      disabled={!isReady}
      onClick={() => onRecord(!isOn)}
    >
      <Icon name={isOn ? 'stop' : 'record'} />
      Record
    </button>
  );
}
