import type { SessionSummary } from '../../../lib/client/index.ts';
import { age } from '../shell/age.ts';
import { shortId } from '../shell/short-id.ts';

interface Props {
  readonly session: SessionSummary;
  readonly nowMs: number;
  readonly isOnline: boolean;
  onDestroy(sessionId: string): void;
}

export function SessionRow({ session, nowMs, isOnline, onDestroy }: Props) {
  const { session_id, type, state, user_id, backend, created_at } = session;
  return (
    <tr data-testid="session-row" data-session-id={session_id}>
      <td>
        <code title={session_id}>{shortId(session_id)}</code>
      </td>
      <td>{type}</td>
      <td>
        <span class="session-state" data-state={state}>
          {state}
        </span>
      </td>
      <td class="session-user" title={user_id}>
        {user_id}
      </td>
      <td>{backend}</td>
      <td class="session-age">{age(created_at, nowMs)}</td>
      <td class="session-action">
        <button
          type="button"
          class="button button-small"
          disabled={!isOnline}
          aria-label={`Destroy session ${shortId(session_id)}`}
          onClick={() => onDestroy(session_id)}
        >
          Destroy
        </button>
      </td>
    </tr>
  );
}
