import './call-controls.css';
import { Icon, type IconName } from '../shell/icon.tsx';
import { type CallState, isLive, type MuteKind } from './call-state.ts';
import { type LiveCall, LiveControls } from './live-controls.tsx';
import type { SourceKind } from './source.ts';
import { SourcePicker } from './source-picker.tsx';
import { useFocusHandOver } from './use-focus-hand-over.ts';

interface Props {
  readonly call: LiveCall | undefined;
  readonly state: CallState;
  readonly isOnline: boolean;
  /** Whether changes are possible yet. */
  readonly isReady: boolean;
  readonly start: { readonly label: string; readonly icon: IconName; readonly testId: string };
  readonly testIdPrefix: string;
  readonly mutes?: readonly MuteKind[];
  readonly hangUpLabel?: string;
  readonly source: SourceKind;
  onSource(kind: SourceKind): void;
  onStart(kind: SourceKind): void;
}

/** What is sent, and start; then what a call has while it is under way. */
export function CallControls({ isOnline, start, source, onSource, onStart, ...live }: Props) {
  const isUnderWay = isLive(live.state);
  const focus = useFocusHandOver(isUnderWay);

  if (isUnderWay) return <LiveControls {...live} hangUp={focus.hangUp} />;
  return (
    <div class="controls">
      <button
        ref={focus.start}
        type="button"
        class="button button-primary button-big"
        data-testid={start.testId}
        disabled={!isOnline}
        onClick={() => onStart(source)}
      >
        <Icon name={start.icon} />
        {start.label}
      </button>
      <SourcePicker value={source} onChange={onSource} />
    </div>
  );
}
