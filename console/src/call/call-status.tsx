import './call-status.css';
import { useNow } from '../shell/use-now.ts';
import { type CallPhase, type CallState, connectedSeconds } from './call-state.ts';
import { clock } from './clock.ts';

/** The phase is announced; the clock, which changes each second, is not. */
export function CallStatus({ state, testId }: { state: CallState; testId: string }) {
  const nowMs = useNow(state.phase === 'connected');
  const seconds = connectedSeconds(state, nowMs);
  return (
    <p class="call-status" data-testid={testId} data-phase={state.phase}>
      <span aria-live="polite">{words[state.phase]}</span>{' '}
      {seconds !== undefined && (
        <span class="call-clock" role="timer" aria-label="Duration">
          {clock(seconds)}
        </span>
      )}
    </p>
  );
}

const words: Record<CallPhase, string> = {
  idle: 'idle',
  starting: 'starting…',
  waiting: 'waiting…',
  connected: 'connected',
  ended: 'ended',
};
