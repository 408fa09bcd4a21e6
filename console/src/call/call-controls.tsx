import './call-controls.css';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../shell/icon.tsx';
import type { CallState } from './call-state.ts';
import type { EchoCall } from './echo-call.ts';
import { MuteButton } from './mute-button.tsx';
import type { SourceKind } from './source.ts';
import { SourcePicker } from './source-picker.tsx';

interface Props {
  readonly call: EchoCall | undefined;
  readonly state: CallState;
  readonly isOnline: boolean;
  readonly source: SourceKind;
  onSource(kind: SourceKind): void;
}

export function CallControls({ call, state, isOnline, source, onSource }: Props) {
  const isLive = state.phase === 'starting' || state.phase === 'connected';
  const hangUp = useRef<HTMLButtonElement>(null);
  const start = useRef<HTMLButtonElement>(null);
  const wasLive = useRef(isLive);
  // The button that was pressed is gone: who uses a keyboard goes on with the one that follows.
  useEffect(() => {
    if (wasLive.current === isLive) return;
    wasLive.current = isLive;
    if (document.activeElement === document.body) (isLive ? hangUp : start).current?.focus({ preventScroll: true });
  }, [isLive]);

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
    <div class="controls">
      {(['audio', 'video'] as const).map((media) => (
        <MuteButton
          key={media}
          media={media}
          testId={`mute-${media}`}
          state={state}
          isReady={state.phase === 'connected'}
          onMute={(isMuted) => void call?.mute(media, isMuted)}
        />
      ))}
      <button
        ref={hangUp}
        type="button"
        class="button button-danger button-big controls-end"
        data-testid="hang-up"
        onClick={() => void call?.hangUp()}
      >
        <Icon name="hang-up" />
        Hang up
      </button>
    </div>
  );
}
