import './call-controls.css';
import { Icon } from '../shell/icon.tsx';
import type { CallState } from './call-state.ts';
import type { EchoCall } from './echo-call.ts';
import { LiveControls } from './live-controls.tsx';
import type { SourceKind } from './source.ts';
import { SourcePicker } from './source-picker.tsx';
import { useFocusHandOver } from './use-focus-hand-over.ts';

interface Props {
  readonly call: EchoCall | undefined;
  readonly state: CallState;
  readonly isOnline: boolean;
  readonly source: SourceKind;
  onSource(kind: SourceKind): void;
}

export function CallControls({ call, state, isOnline, source, onSource }: Props) {
  const isLive = state.phase === 'starting' || state.phase === 'connected';
  const { start, hangUp } = useFocusHandOver(isLive);

  if (!isLive) {
    return (
      <div class="controls">
        <button
          ref={start}
          type="button"
          class="button button-primary button-big"
          data-testid="echo-start"
          disabled={!isOnline}
          onClick={() => void call?.start(source)}
        >
          <Icon name="call" />
          Start echo call
        </button>
        <SourcePicker value={source} onChange={onSource} />
      </div>
    );
  }
  return (
    <LiveControls call={call} state={state} isReady={state.phase === 'connected'} testIdPrefix="" hangUp={hangUp} />
  );
}
