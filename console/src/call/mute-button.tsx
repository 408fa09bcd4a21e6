import { Icon } from '../shell/icon.tsx';
import type { CallState } from './call-state.ts';

interface Props {
  readonly media: 'audio' | 'video';
  readonly testId: string;
  readonly state: CallState;
  /** Muting is possible now, if there is something to mute. */
  readonly isReady: boolean;
  onMute(isMuted: boolean): void;
}

export function MuteButton({ media, testId, state, isReady, onMute }: Props) {
  const isMuted = media === 'audio' ? state.isAudioMuted : state.isVideoMuted;
  const icon = media === 'audio' ? 'microphone' : 'camera';
  const isThere = state.local?.getTracks().some((track) => track.kind === media) ?? false;
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
