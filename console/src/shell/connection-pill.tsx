import './connection-pill.css';
import type { ConnectionState } from '../../../lib/client/index.ts';

const words = {
  connecting: 'Connecting',
  open: 'Connected',
  reconnecting: 'Reconnecting',
  closed: 'Disconnected',
} as const;

export function ConnectionPill({ state }: { state: ConnectionState }) {
  return (
    <span class="pill" role="status" data-testid="connection" data-status={state.status}>
      <span class="pill-dot" aria-hidden="true" />
      {words[state.status]}
    </span>
  );
}
