import type { IconName } from '../shell/icon.tsx';
import type { CallState, MuteKind } from './call-state.ts';
import { muteBadges } from './mute-badges.ts';
import { VideoTile } from './video-tile.tsx';

interface Props {
  readonly state: CallState;
  readonly testIdPrefix: string;
  readonly remote: { readonly label: string; readonly hint: string; readonly icon: IconName };
  readonly byModerator?: Partial<Record<MuteKind, boolean>> | undefined;
}

/** One's own picture, and what comes from the other side. */
export function CallTiles({ state, testIdPrefix, remote, byModerator }: Props) {
  const isConnected = state.phase === 'connected';
  return (
    <div class="call-tiles">
      <VideoTile
        label="You"
        testId={`${testIdPrefix}local-video`}
        stream={state.local}
        hint={state.phase === 'starting' ? 'Opening the source…' : 'Your picture'}
        icon="camera"
        silent
        badges={muteBadges(state, byModerator)}
      />
      <VideoTile
        {...remote}
        testId={`${testIdPrefix}remote-video`}
        stream={isConnected ? state.remote : undefined}
        hint={state.phase === 'starting' ? 'Waiting for the media server…' : remote.hint}
        silent={false}
        badges={isConnected && state.isInterrupted ? ['interrupted'] : []}
      />
    </div>
  );
}
