import '../call/call-body.css';
import './friend-panel.css';
import { useEffect, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { CallControls } from '../call/call-controls.tsx';
import { CallMessage } from '../call/call-message.tsx';
import { isLive } from '../call/call-state.ts';
import { CallStatus } from '../call/call-status.tsx';
import { RecordingLine } from '../call/recording-line.tsx';
import type { SourceKind } from '../call/source.ts';
import { useCall } from '../call/use-call.ts';
import type { FriendCall } from './friend-call.ts';
import { FriendHint } from './friend-hint.tsx';
import { FriendLink } from './friend-link.tsx';
import { FriendTiles } from './friend-tiles.tsx';
import { forgetInvitation, type Invitation, type Way } from './invitation.ts';
import { P2pCall } from './p2p-call.ts';
import { ProxyCall } from './proxy-call.ts';
import { WayPicker } from './way-picker.tsx';

const kinds = { p2p: P2pCall, proxy: ProxyCall } as const;

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
  readonly invitation: Invitation | undefined;
}

/** A call with one other page, by a link. */
export function FriendPanel({ client, isOnline, invitation }: Props) {
  const [way, setWay] = useState<Way>(invitation?.way ?? 'p2p');
  const { call, state } = useCall<FriendCall>(client, kinds[way], 'friend');
  const [source, setSource] = useState<SourceKind>('camera');
  const [masterId, setMasterId] = useState(invitation?.masterId);
  const isOver = state.phase === 'ended' && state.fallbacks.length === 0;
  useEffect(() => {
    if (masterId === undefined || !isOver) return;
    forgetInvitation();
    setMasterId(undefined);
  }, [isOver, masterId]);
  const start = (kind: SourceKind) => {
    setSource(kind);
    void (masterId === undefined ? call?.start(kind) : call?.join(kind, masterId));
  };
  const isUnderWay = isLive(state);
  return (
    <section class="card" aria-label="Call a friend">
      <div class="card-head">
        <h2>Call a friend</h2>
        <CallStatus state={state} testId={`${way}-state`} />
      </div>
      <div class="call-body">
        {!isUnderWay && masterId === undefined && <WayPicker value={way} onChange={setWay} />}
        {!isUnderWay && <FriendHint way={way} masterId={masterId} />}
        {isUnderWay && <FriendTiles state={state} way={way} />}
        {state.phase === 'waiting' && state.sessionId !== undefined && (
          <FriendLink invitation={{ masterId: state.sessionId, way }} />
        )}
        <CallMessage state={state} onFallback={start} />
        <CallControls
          call={call}
          state={state}
          isOnline={isOnline}
          // Who mutes oneself needs no server for it.
          isReady={way === 'p2p' ? state.local !== undefined : state.phase === 'connected'}
          start={
            masterId === undefined
              ? { label: 'Start the call', icon: 'friends', testId: `${way}-start` }
              : { label: 'Join the call', icon: 'call', testId: `${way}-join` }
          }
          testIdPrefix={`${way}-`}
          source={source}
          onSource={setSource}
          onStart={start}
        />
        <RecordingLine recording={state.recording} testId={`${way}-recording`} />
      </div>
    </section>
  );
}
