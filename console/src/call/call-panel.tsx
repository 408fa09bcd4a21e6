import './call-panel.css';
import { useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { CallControls } from './call-controls.tsx';
import { CallMessage } from './call-message.tsx';
import { CallStatus } from './call-status.tsx';
import type { SourceKind } from './source.ts';
import { StatsPanel } from './stats-panel.tsx';
import { useEchoCall } from './use-echo-call.ts';
import { useLiveStats } from './use-live-stats.ts';
import { VideoTile } from './video-tile.tsx';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
}

export function CallPanel({ client, isOnline }: Props) {
  const { call, state } = useEchoCall(client);
  const [source, setSource] = useState<SourceKind>('camera');
  const stats = useLiveStats(state.peerConnection);
  const isConnected = state.phase === 'connected';
  const badges = [...(state.isAudioMuted ? ['audio muted'] : []), ...(state.isVideoMuted ? ['video muted'] : [])];
  const startWith = (kind: SourceKind) => {
    setSource(kind);
    void call?.start(kind);
  };
  return (
    <section class="card call-panel" aria-label="Echo call">
      <div class="card-head">
        <h2>Echo call</h2>
        <CallStatus state={state} testId="call-state" />
      </div>
      <div class="call-body">
        <div class="call-tiles">
          <VideoTile
            label="You"
            testId="local-video"
            stream={state.local}
            hint={state.phase === 'starting' ? 'Opening the source…' : 'Your picture'}
            icon="camera"
            silent
            badges={badges}
          />
          <VideoTile
            label="Echo"
            testId="remote-video"
            stream={isConnected ? state.remote : undefined}
            hint={state.phase === 'starting' ? 'Waiting for the media server…' : 'What comes back'}
            icon="refresh"
            silent={false}
          />
        </div>
        <CallMessage state={state} onFallback={startWith} />
        <CallControls call={call} state={state} isOnline={isOnline} source={source} onSource={setSource} />
        <StatsPanel stats={stats} />
      </div>
    </section>
  );
}
