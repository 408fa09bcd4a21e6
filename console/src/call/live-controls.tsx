import type { Ref } from 'preact';
import { Icon } from '../shell/icon.tsx';
import type { CallState } from './call-state.ts';
import { MuteButton } from './mute-button.tsx';

interface Props {
  /** Undefined before the page has made one. */
  readonly call:
    | { mute(media: 'audio' | 'video', isMuted: boolean): Promise<void>; hangUp(): Promise<void> }
    | undefined;
  readonly state: CallState;
  /** Whether muting is possible yet. */
  readonly isReady: boolean;
  readonly testIdPrefix: string;
  readonly hangUp: Ref<HTMLButtonElement>;
}

/** What any call has while it is under way: mute, and hang up. */
export function LiveControls({ call, state, isReady, testIdPrefix, hangUp }: Props) {
  return (
    <div class="controls">
      {(['audio', 'video'] as const).map((media) => (
        <MuteButton
          key={media}
          media={media}
          testId={`${testIdPrefix}mute-${media}`}
          state={state}
          isReady={isReady}
          onMute={(isMuted) => void call?.mute(media, isMuted)}
        />
      ))}
      <button
        ref={hangUp}
        type="button"
        class="button button-danger button-big controls-end"
        data-testid={`${testIdPrefix}hang-up`}
        onClick={() => void call?.hangUp()}
      >
        <Icon name="hang-up" />
        Hang up
      </button>
    </div>
  );
}
