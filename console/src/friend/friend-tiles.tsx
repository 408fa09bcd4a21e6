import type { CallState } from '../call/call-state.ts';
import { muteBadges } from '../call/mute-badges.ts';
import { VideoTile } from '../call/video-tile.tsx';
import type { Way } from './invitation.ts';

export function FriendTiles({ state, way }: { state: CallState; way: Way }) {
  const isConnected = state.phase === 'connected';
  return (
    <div class="call-tiles">
      <VideoTile
        label="You"
        testId={`${way}-local-video`}
        stream={state.local}
        hint="Opening the source…"
        icon="camera"
        silent
        badges={muteBadges(state)}
      />
      <VideoTile
        label="Friend"
        testId={`${way}-remote-video`}
        stream={isConnected ? state.remote : undefined}
        hint={state.phase === 'waiting' ? 'Waiting for your friend…' : 'Connecting…'}
        icon="friends"
        silent={false}
        badges={isConnected && state.isInterrupted ? ['interrupted'] : []}
      />
    </div>
  );
}
