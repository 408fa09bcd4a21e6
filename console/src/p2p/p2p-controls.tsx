import type { CallState } from '../call/call-state.ts';
import { LiveControls } from '../call/live-controls.tsx';
import type { SourceKind } from '../call/source.ts';
import { SourcePicker } from '../call/source-picker.tsx';
import { useFocusHandOver } from '../call/use-focus-hand-over.ts';
import { Icon } from '../shell/icon.tsx';
import type { P2pCall } from './p2p-call.ts';

interface Props {
  readonly call: P2pCall | undefined;
  readonly state: CallState;
  readonly isOnline: boolean;
  readonly source: SourceKind;
  /** The session that this page was asked to join. */
  readonly masterId: string | undefined;
  onSource(kind: SourceKind): void;
  onStart(kind: SourceKind): void;
}

export function P2pControls({ call, state, isOnline, source, masterId, onSource, onStart }: Props) {
  const isLive = state.phase !== 'idle' && state.phase !== 'ended';
  const { start, hangUp } = useFocusHandOver(isLive);

  if (!isLive) {
    return (
      <div class="controls">
        <button
          ref={start}
          type="button"
          class="button button-primary button-big"
          data-testid={masterId === undefined ? 'p2p-start' : 'p2p-join'}
          disabled={!isOnline}
          onClick={() => onStart(source)}
        >
          <Icon name={masterId === undefined ? 'friends' : 'call'} />
          {masterId === undefined ? 'Start p2p call' : 'Join the call'}
        </button>
        <SourcePicker value={source} onChange={onSource} />
      </div>
    );
  }
  return (
    <LiveControls call={call} state={state} isReady={state.local !== undefined} testIdPrefix="p2p-" hangUp={hangUp} />
  );
}
