import './app.css';
import { CallPanel } from './call/call-panel.tsx';
import { EventLog } from './events/event-log.tsx';
import { useEventLog } from './events/use-event-log.ts';
import { SessionList } from './sessions/session-list.tsx';
import { ConnectionBanner } from './shell/connection-banner.tsx';
import { Header } from './shell/header.tsx';
import { useClient } from './shell/use-client.ts';

export function App() {
  const connection = useClient();
  const log = useEventLog(connection.client);
  return (
    <>
      <Header connection={connection} />
      <ConnectionBanner connection={connection} />
      <main class="app-main">
        <CallPanel client={connection.client} isOnline={connection.state.status === 'open'} />
        <SessionList client={connection.client} isOnline={connection.state.status === 'open'} />
        <EventLog log={log} />
      </main>
    </>
  );
}
