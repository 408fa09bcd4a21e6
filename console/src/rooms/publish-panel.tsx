import '../call/call-body.css';
import { useState } from 'preact/hooks';
import { CallControls } from '../call/call-controls.tsx';
import { CallMessage } from '../call/call-message.tsx';
import { isLive } from '../call/call-state.ts';
import { CallStatus } from '../call/call-status.tsx';
import { muteBadges } from '../call/mute-badges.ts';
import { RecordingLine } from '../call/recording-line.tsx';
import type { SourceKind } from '../call/source.ts';
import { StatsPanel } from '../call/stats-panel.tsx';
import type { UsedCall } from '../call/use-call.ts';
import { useLiveStats } from '../call/use-live-stats.ts';
import { VideoTile } from '../call/video-tile.tsx';
import type { Moderated } from './moderated.ts';
import type { PublishCall } from './publish-call.ts';
import { TextForm } from './text-form.tsx';

interface Props {
  readonly used: UsedCall<PublishCall>;
  readonly roomId: string;
  /** There is such a room, and a connection. */
  readonly isOpen: boolean;
  readonly moderated: Moderated | undefined;
}

/** What this page gives to the room. */
export function PublishPanel({ used: { call, state }, roomId, isOpen, moderated }: Props) {
  const [source, setSource] = useState<SourceKind>('camera');
  const stats = useLiveStats(state.peerConnection, 'out');
  const isConnected = state.phase === 'connected';
  const start = (kind: SourceKind) => {
    setSource(kind);
    void call?.start(kind, roomId);
  };
  return (
    <section class="room-part" aria-label="Publish">
      <div class="room-part-head">
        <h3>Publish</h3>
        <CallStatus state={state} testId="publish-state" />
      </div>
      <div class="call-body">
        <VideoTile
          label="You"
          testId="publish-video"
          stream={state.local}
          hint={state.phase === 'starting' ? 'Opening the source…' : 'Your picture'}
          icon="camera"
          silent
          badges={muteBadges(state, moderated)}
        />
        <CallMessage state={state} onFallback={start} />
        <CallControls
          call={call}
          state={state}
          isOnline={isOpen}
          isReady={isConnected}
          start={{ label: 'Publish', icon: 'publish', testId: 'publish-start' }}
          testIdPrefix="publish-"
          mutes={['audio', 'video', 'data']}
          hangUpLabel="Stop"
          source={source}
          onSource={setSource}
          onStart={start}
        />
        {isConnected && <TextForm onText={(text) => call?.write(text) ?? false} />}
        <RecordingLine recording={state.recording} testId="publish-recording" />
        {isLive(state) && <StatsPanel stats={stats} way="out" />}
      </div>
    </section>
  );
}
