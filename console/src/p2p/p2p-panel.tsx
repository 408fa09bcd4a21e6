import './p2p-panel.css';
import { useEffect, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { CallMessage } from '../call/call-message.tsx';
import { CallStatus } from '../call/call-status.tsx';
import type { SourceKind } from '../call/source.ts';
import { VideoTile } from '../call/video-tile.tsx';
import { shortId } from '../shell/short-id.ts';
import { forgetInvitation } from './invitation.ts';
import { P2pControls } from './p2p-controls.tsx';
import { P2pLink } from './p2p-link.tsx';
import { useP2pCall } from './use-p2p-call.ts';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
  readonly invitation: string | undefined;
}

/** A call from browser to browser, by a link. */
export function P2pPanel({ client, isOnline, invitation }: Props) {
  const { call, state } = useP2pCall(client);
  const [source, setSource] = useState<SourceKind>('camera');
  const [masterId, setMasterId] = useState(invitation);
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
  const isIdle = state.phase === 'idle' || state.phase === 'ended';
  const isConnected = state.phase === 'connected';
  const badges = [...(state.isAudioMuted ? ['audio muted'] : []), ...(state.isVideoMuted ? ['video muted'] : [])];
  return (
    <section class="card p2p-panel" aria-label="Call a friend">
      <div class="card-head">
        <h2>Call a friend</h2>
        <CallStatus state={state} testId="p2p-state" />
      </div>
      <div class="p2p-body">
        {isIdle && (
          <p class="p2p-hint">
            {masterId === undefined ? (
              'Browser to browser: patchbay introduces the two, sound and picture go directly.'
            ) : (
              <>
                You are invited to call <code title={masterId}>{shortId(masterId)}</code>.
              </>
            )}
          </p>
        )}
        {!isIdle && (
          <div class="p2p-tiles">
            <VideoTile
              label="You"
              testId="p2p-local-video"
              stream={state.local}
              hint="Opening the source…"
              icon="camera"
              silent
              badges={badges}
            />
            <VideoTile
              label="Friend"
              testId="p2p-remote-video"
              stream={isConnected ? state.remote : undefined}
              hint={state.phase === 'waiting' ? 'Waiting for your friend…' : 'Connecting…'}
              icon="friends"
              silent={false}
              badges={isConnected && state.isInterrupted ? ['interrupted'] : []}
            />
          </div>
        )}
        {state.phase === 'waiting' && state.sessionId !== undefined && <P2pLink sessionId={state.sessionId} />}
        <CallMessage state={state} onFallback={start} />
        <P2pControls
          call={call}
          state={state}
          isOnline={isOnline}
          source={source}
          masterId={masterId}
          onSource={setSource}
          onStart={start}
        />
      </div>
    </section>
  );
}
