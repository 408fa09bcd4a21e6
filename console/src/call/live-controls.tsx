import type { Ref } from 'preact';
import { Icon } from '../shell/icon.tsx';
import { BitratePicker } from './bitrate-picker.tsx';
import type { CallState, MuteKind } from './call-state.ts';
import { MuteButton } from './mute-button.tsx';
import { RecordButton } from './record-button.tsx';

/** What a panel can do with its call. What it lacks has no control. */
export interface LiveCall {
  mute(media: MuteKind, isMuted: boolean): Promise<void>;
  limit?(bitrateKbps: number): Promise<void>;
  record?(isOn: boolean): Promise<void>;
  hangUp(): Promise<void>;
}

interface Props {
  /** Undefined before the page has made one. */
  readonly call: LiveCall | undefined;
  readonly state: CallState;
  /** Whether changes are possible yet. */
  readonly isReady: boolean;
  readonly testIdPrefix: string;
  readonly hangUp: Ref<HTMLButtonElement>;
  readonly mutes?: readonly MuteKind[];
  readonly hangUpLabel?: string;
}

/** What calls have while they are under way: mute, limit, record, and hang up. */
export function LiveControls(props: Props) {
  const { call, state, isReady, testIdPrefix, hangUp, mutes = ['audio', 'video'], hangUpLabel = 'Hang up' } = props;
  return (
    <div class="controls">
      {mutes.map((media) => (
        <MuteButton
          key={media}
          media={media}
          testId={`${testIdPrefix}mute-${media}`}
          state={state}
          isReady={isReady}
          onMute={(isMuted) => void call?.mute(media, isMuted)}
        />
      ))}
      {call?.record && (
        <RecordButton
          testId={`${testIdPrefix}record`}
          state={state}
          isReady={isReady}
          onRecord={(isOn) => void call.record?.(isOn)}
        />
      )}
      {call?.limit && (
        <BitratePicker
          testId={`${testIdPrefix}bitrate`}
          state={state}
          isReady={isReady}
          onLimit={(bitrateKbps) => void call.limit?.(bitrateKbps)}
        />
      )}
      <button
        ref={hangUp}
        type="button"
        class="button button-danger button-big controls-end"
        data-testid={`${testIdPrefix}hang-up`}
        onClick={() => void call?.hangUp()}
      >
        <Icon name="hang-up" />
        {hangUpLabel}
      </button>
    </div>
  );
}
