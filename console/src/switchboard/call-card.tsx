import '../call/call-body.css';
import { useEffect } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { CallMessage } from '../call/call-message.tsx';
import { isLive } from '../call/call-state.ts';
import { CallStatus } from '../call/call-status.tsx';
import { CallTiles } from '../call/call-tiles.tsx';
import { LiveControls } from '../call/live-controls.tsx';
import { RecordingLine } from '../call/recording-line.tsx';
import type { SourceKind } from '../call/source.ts';
import { StatsPanel } from '../call/stats-panel.tsx';
import { useCall } from '../call/use-call.ts';
import { useFocusHandOver } from '../call/use-focus-hand-over.ts';
import { useLiveStats } from '../call/use-live-stats.ts';
import { Icon } from '../shell/icon.tsx';
import { shortId } from '../shell/short-id.ts';
import type { Surroundings } from './place-fields.tsx';
import { PlaceLine } from './place-line.tsx';
import { type CallWish, SwitchedCall } from './switched-call.ts';
import { TypeSwitcher } from './type-switcher.tsx';

/** A call that was asked for. */
export interface CallPlan {
  readonly number: number;
  readonly source: SourceKind;
  readonly wish: CallWish;
}

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly plan: CallPlan;
  readonly surroundings: Surroundings;
  onRemove(): void;
}

const remoteLabels: Readonly<Record<string, string>> = { park: 'Parked', echo: 'Echo', mcu: 'The mix', bridge: 'Peer' };

/** One call of several: it starts with its card, and ends with it at the latest. */
export function CallCard({ client, plan, surroundings, onRemove }: Props) {
  const { number, source, wish } = plan;
  const { call, state } = useCall(client, SwitchedCall, `switchboard-${number}`);
  const stats = useLiveStats(state.peerConnection, 'in');
  const isUnderWay = isLive(state);
  const focus = useFocusHandOver(isUnderWay);
  const start = (kind: SourceKind) => void call?.start(kind, wish);
  useEffect(() => start(source), [call]);

  const { sessionId, places } = state;
  const { type } = places.at(-1) ?? {};
  const isThere = sessionId !== undefined;
  return (
    <section class="card" aria-label={`Call ${number}`} data-testid="call-card" data-session-id={sessionId}>
      <div class="card-head">
        <h2>
          Call {number} {isThere && <code title={sessionId}>{shortId(sessionId)}</code>}
        </h2>
        <CallStatus state={state} testId="card-state" />
      </div>
      <div class="call-body">
        <CallTiles
          state={state}
          testIdPrefix="card-"
          remote={{ label: remoteLabels[type ?? ''] ?? 'FreeSWITCH', hint: 'What FreeSWITCH sends', icon: 'call' }}
        />
        <PlaceLine places={places} />
        <CallMessage state={state} onFallback={start} />
        {isUnderWay ? (
          // What is asked for before the call is ready, the server remembers.
          <LiveControls call={call} state={state} isReady={isThere} testIdPrefix="card-" hangUp={focus.hangUp} />
        ) : (
          <div class="controls">
            <button
              ref={focus.start}
              type="button"
              class="button"
              data-testid="card-again"
              onClick={() => start(source)}
            >
              <Icon name="call" />
              Start again
            </button>
            <button type="button" class="button controls-end" data-testid="card-remove" onClick={onRemove}>
              <Icon name="close" />
              Remove
            </button>
          </div>
        )}
        {isUnderWay && (
          <TypeSwitcher
            {...surroundings}
            peers={surroundings.peers.filter(({ session_id }) => session_id !== sessionId)}
            type={type}
            isDisabled={!isThere}
            onSwitch={(place) => void call?.switchTo(place)}
          />
        )}
        <RecordingLine recording={state.recording} testId="card-recording" />
        {isUnderWay && <StatsPanel stats={stats} way="in" />}
      </div>
    </section>
  );
}
