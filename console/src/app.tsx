import './app.css';
import { CallPanel } from './call/call-panel.tsx';
import { EventLog } from './events/event-log.tsx';
import { useEventLog } from './events/use-event-log.ts';
import { invitedTo } from './p2p/invitation.ts';
import { P2pPanel } from './p2p/p2p-panel.tsx';
import { SessionList } from './sessions/session-list.tsx';
import { ConnectionBanner } from './shell/connection-banner.tsx';
import { Header } from './shell/header.tsx';
import { useClient } from './shell/use-client.ts';

const invitation = invitedTo(location);

export function App() {
  const connection = useClient();
  const log = useEventLog(connection.client);
  const isOnline = connection.state.status === 'open';
  return (
    <>
      <Header connection={connection} />
      <ConnectionBanner connection={connection} />
      <main class="app-main" data-invited={invitation !== undefined}>
        <CallPanel client={connection.client} isOnline={isOnline} />
        <div class="app-side">
          <P2pPanel client={connection.client} isOnline={isOnline} invitation={invitation} />
          <EventLog log={log} />
        </div>
        <SessionList client={connection.client} isOnline={isOnline} />
      </main>
    </>
  );
}
