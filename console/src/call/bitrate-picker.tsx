import './bitrate-picker.css';
import type { CallState } from './call-state.ts';

const choicesKbps = [0, 1000, 500, 250, 100];

interface Props {
  readonly testId: string;
  readonly state: CallState;
  readonly isReady: boolean;
  onLimit(bitrateKbps: number): void;
}

/** How much the server lets this page send. */
export function BitratePicker({ testId, state, isReady, onLimit }: Props) {
  return (
    <label class="bitrate">
      <span class="bitrate-name">Send at most</span>
      <select
        data-testid={testId}
        value={state.bitrateKbps}
        disabled={!isReady}
        onChange={({ currentTarget }) => onLimit(Number(currentTarget.value))}
      >
        {choicesKbps.map((kbps) => (
          <option key={kbps} value={kbps}>
            {kbps === 0 ? 'unlimited' : `${kbps} kbit/s`}
          </option>
        ))}
      </select>
    </label>
  );
}
