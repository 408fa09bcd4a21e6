import '../call/call-body.css';
import './mix-panel.css';
import { useState } from 'preact/hooks';
import type { PatchbayClient, RoomInfo } from '../../../lib/client/index.ts';
import { CallControls } from '../call/call-controls.tsx';
import { CallMessage } from '../call/call-message.tsx';
import { isLive } from '../call/call-state.ts';
import { CallStatus } from '../call/call-status.tsx';
import { CallTiles } from '../call/call-tiles.tsx';
import { RecordingLine } from '../call/recording-line.tsx';
import type { SourceKind } from '../call/source.ts';
import { StatsPanel } from '../call/stats-panel.tsx';
import type { UsedCall } from '../call/use-call.ts';
import { useLiveStats } from '../call/use-live-stats.ts';
import { parked } from '../switchboard/place-wish.ts';
import type { SwitchedCall } from '../switchboard/switched-call.ts';
import { LayoutChooser } from './layout-chooser.tsx';
import type { Moderated } from './moderated.ts';
import { RoomRecorder } from './room-recorder.tsx';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly used: UsedCall<SwitchedCall>;
  readonly roomId: string;
  readonly info: RoomInfo | undefined;
  /** There is such a room, and a connection. */
  readonly isOpen: boolean;
  readonly moderated: Moderated | undefined;
}

/** What this page gives to a room that mixes, the mix, and how that is made. */
export function MixPanel({ client, used: { call, state }, roomId, info, isOpen, moderated }: Props) {
  const [source, setSource] = useState<SourceKind>('camera');
  const stats = useLiveStats(state.peerConnection, 'in');
  const start = (kind: SourceKind) => {
    setSource(kind);
    const place = { ...parked, type: 'mcu', roomId } as const;
    void call?.start(kind, { place, offerBy: 'client', stopsAfterPeer: true });
  };
  const arrange = async (name: string) => client?.request('room/layout', { room_id: roomId, layout: name });
  const record = async (isOn: boolean) =>
    client?.request('session/room_action', { room_id: roomId, action: isOn ? 'record_start' : 'record_stop' });
  return (
    <section class="room-part" aria-label="Mix">
      <div class="room-part-head">
        <h3>Mix</h3>
        <CallStatus state={state} testId="member-state" />
      </div>
      <div class="call-body mix">
        <CallTiles
          state={state}
          testIdPrefix="member-"
          remote={{ label: 'The mix', hint: 'All who are in the room', icon: 'friends' }}
          byModerator={moderated}
        />
        <CallMessage state={state} onFallback={start} />
        <CallControls
          call={call}
          state={state}
          isOnline={isOpen}
          isReady={state.phase === 'connected'}
          start={{ label: 'Join', icon: 'friends', testId: 'member-start' }}
          testIdPrefix="member-"
          hangUpLabel="Leave"
          source={source}
          onSource={setSource}
          onStart={start}
        />
        <RecordingLine recording={state.recording} testId="member-recording" />
        <div class="mix-tools">
          <LayoutChooser layout={info?.layout} isOpen={isOpen} onLayout={arrange} />
          <RoomRecorder status={info?.status.recording} isOpen={isOpen} onRecord={record} />
        </div>
        {isLive(state) && <StatsPanel stats={stats} way="in" />}
      </div>
    </section>
  );
}
