import './call-body.css';
import { useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { CallControls } from './call-controls.tsx';
import { CallMessage } from './call-message.tsx';
import { CallStatus } from './call-status.tsx';
import { CallTiles } from './call-tiles.tsx';
import { EchoCall } from './echo-call.ts';
import { RecordingLine } from './recording-line.tsx';
import type { SourceKind } from './source.ts';
import { StatsPanel } from './stats-panel.tsx';
import { useCall } from './use-call.ts';
import { useLiveStats } from './use-live-stats.ts';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
}

export function EchoPanel({ client, isOnline }: Props) {
  const { call, state } = useCall(client, EchoCall, 'echo');
  const [source, setSource] = useState<SourceKind>('camera');
  const stats = useLiveStats(state.peerConnection, 'in');
  const isConnected = state.phase === 'connected';
  const start = (kind: SourceKind) => {
    setSource(kind);
    void call?.start(kind);
  };
  return (
    <section class="card" aria-label="Echo call">
      <div class="card-head">
        <h2>Echo call</h2>
        <CallStatus state={state} testId="call-state" />
      </div>
      <div class="call-body">
        <CallTiles state={state} testIdPrefix="" remote={{ label: 'Echo', hint: 'What comes back', icon: 'refresh' }} />
        <CallMessage state={state} onFallback={start} />
        <CallControls
          call={call}
          state={state}
          isOnline={isOnline}
          isReady={isConnected}
          start={{ label: 'Start echo call', icon: 'call', testId: 'echo-start' }}
          testIdPrefix=""
          source={source}
          onSource={setSource}
          onStart={start}
        />
        <RecordingLine recording={state.recording} testId="recording" />
        <StatsPanel stats={stats} way="in" />
      </div>
    </section>
  );
}
