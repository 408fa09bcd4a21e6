import { Icon } from '../shell/icon.tsx';
import type { CallState, MuteKind } from './call-state.ts';

interface Props {
  readonly media: MuteKind;
  readonly testId: string;
  readonly state: CallState;
  /** Muting is possible now, if there is something to mute. */
  readonly isReady: boolean;
  onMute(isMuted: boolean): void;
}

const icons = { audio: 'microphone', video: 'camera', data: 'message' } as const;

export function MuteButton({ media, testId, state, isReady, onMute }: Props) {
  const isMuted = state.muted[media];
  const icon = icons[media];
  // A call that sends nothing is muted by what it receives.
  const tracks = (state.local ?? state.remote)?.getTracks() ?? [];
  const isThere = media === 'data' || tracks.some((track) => track.kind === media);
  return (
    <button
      type="button"
      class="button button-big button-mute"
      data-testid={testId}
      aria-pressed={isMuted}
      disabled={!isReady || !isThere}
      onClick={() => onMute(!isMuted)}
    >
      <Icon name={isMuted ? `${icon}-off` : icon} />
      Mute {media}
    </button>
  );
}
