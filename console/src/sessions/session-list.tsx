import './session-list.css';
import { Icon } from '../shell/icon.tsx';
import { useNow } from '../shell/use-now.ts';
import { SessionRow } from './session-row.tsx';
import type { Sessions } from './use-sessions.ts';

interface Props {
  readonly sessions: Sessions;
  readonly isOnline: boolean;
}

export function SessionList({ sessions, isOnline }: Props) {
  const { rows, hasMore, isLoading, problem, refresh, more, destroy } = sessions;
  const nowMs = useNow(rows.length > 0);
  return (
    <section class="card session-list" aria-label="Sessions" aria-busy={isLoading}>
      <div class="card-head">
        <h2>
          Sessions <span class="count">{`${rows.length}${hasMore ? '+' : ''}`}</span>
        </h2>
        <button type="button" class="button button-small" disabled={!isOnline || isLoading} onClick={refresh}>
          <Icon name="refresh" />
          Refresh
        </button>
      </div>
      {problem && (
        <p class="card-problem" role="alert">
          {problem}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="session-scroll" tabIndex={0} aria-label="List of sessions" data-testid="session-list">
        {rows.length === 0 ? (
          <p class="card-empty">No sessions. Start a call, and it is listed here.</p>
        ) : (
          <table class="session-table">
            <thead>
              <tr>
                <th scope="col">Session</th>
                <th scope="col">Type</th>
                <th scope="col">State</th>
                <th scope="col">User</th>
                <th scope="col">Backend</th>
                <th scope="col">Age</th>
                <th scope="col">
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((session) => (
                <SessionRow
                  key={session.session_id}
                  session={session}
                  nowMs={nowMs}
                  isOnline={isOnline}
                  onDestroy={destroy}
                />
              ))}
            </tbody>
          </table>
        )}
        {hasMore && (
          <button type="button" class="button button-small list-more" disabled={isLoading} onClick={more}>
            More
          </button>
        )}
      </section>
    </section>
  );
}
