import '../call/call-body.css';
import './listen-panel.css';
import type { RoomMember } from '../../../lib/client/index.ts';
import { CallMessage } from '../call/call-message.tsx';
import { isLive } from '../call/call-state.ts';
import { CallStatus } from '../call/call-status.tsx';
import { LiveControls } from '../call/live-controls.tsx';
import { RecordingLine } from '../call/recording-line.tsx';
import { StatsPanel } from '../call/stats-panel.tsx';
import type { UsedCall } from '../call/use-call.ts';
import { useFocusHandOver } from '../call/use-focus-hand-over.ts';
import { useLiveStats } from '../call/use-live-stats.ts';
import { VideoTile } from '../call/video-tile.tsx';
import { shortId } from '../shell/short-id.ts';
import { Gallery } from './gallery.tsx';
import type { ListenCall } from './listen-call.ts';

interface Props {
  readonly used: UsedCall<ListenCall>;
  readonly publishers: readonly RoomMember[];
  /** What this page publishes itself. */
  readonly ownId: string | undefined;
  readonly isOpen: boolean;
}

/** Whom of the room this page hears. */
export function ListenPanel({ used: { call, state }, publishers, ownId, isOpen }: Props) {
  const stats = useLiveStats(state.peerConnection, 'in');
  const isUnderWay = isLive(state);
  const isConnected = state.phase === 'connected';
  const focus = useFocusHandOver(isUnderWay);
  return (
    <section class="room-part" aria-label="Listen">
      <div class="room-part-head">
        <h3>Listen</h3>
        <CallStatus state={state} testId="listen-state" />
      </div>
      <div class="call-body">
        <VideoTile
          label={state.publisherId === undefined ? 'Publisher' : shortId(state.publisherId)}
          testId="listen-video"
          stream={isConnected ? state.remote : undefined}
          hint={state.phase === 'starting' ? 'Waiting for the media server…' : 'Whom you choose below'}
          icon="listen"
          silent={false}
          badges={isConnected && state.isInterrupted ? ['interrupted'] : []}
        />
        <p class="listen-text" role="status" data-testid="listen-text" hidden={state.text === undefined}>
          {state.text}
        </p>
        <Gallery
          publishers={publishers}
          ownId={ownId}
          heardId={state.publisherId}
          isDisabled={!isOpen || state.phase === 'starting'}
          first={focus.start}
          onListen={(publisherId) => void call?.listen(publisherId)}
        />
        <CallMessage state={state} />
        {isUnderWay && (
          <LiveControls
            call={call}
            state={state}
            isReady={isConnected}
            testIdPrefix="listen-"
            mutes={['audio', 'video', 'data']}
            hangUp={focus.hangUp}
            hangUpLabel="Stop"
          />
        )}
        <RecordingLine recording={state.recording} testId="listen-recording" />
        {isUnderWay && <StatsPanel stats={stats} way="in" />}
      </div>
    </section>
  );
}
