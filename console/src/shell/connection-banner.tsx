import './connection-banner.css';
import type { ClientConnection } from './use-client.ts';

/** Says why there is no connection, and what can be done about it. */
export function ConnectionBanner({ connection }: { connection: ClientConnection }) {
  const { state, client, url, connect } = connection;
  if (state.status !== 'closed') return null;
  return (
    <div class="banner" role="alert">
      <p>
        <strong>Not connected to {hostOf(url)}.</strong> {explain(state.code, state.reason)}
      </p>
      {client && (
        <button type="button" class="button" onClick={connect}>
          Connect again
        </button>
      )}
    </div>
  );
}

function explain(code: number | undefined, reason: string | undefined): string {
  if (reason) return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
  if (code === 1006) return 'The connection broke off.';
  return code === undefined ? '' : `The server closed it with code ${code}.`;
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : 'the API');
