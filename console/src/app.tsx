import './app.css';
import { EchoPanel } from './call/echo-panel.tsx';
import { EventLog } from './events/event-log.tsx';
import { useEventLog } from './events/use-event-log.ts';
import { FriendPanel } from './friend/friend-panel.tsx';
import { invitedTo } from './friend/invitation.ts';
import { RoomsPage } from './rooms/rooms-page.tsx';
import { SessionList } from './sessions/session-list.tsx';
import { useSessions } from './sessions/use-sessions.ts';
import { ConnectionBanner } from './shell/connection-banner.tsx';
import { Header } from './shell/header.tsx';
import { Page } from './shell/page.tsx';
import { useRoute } from './shell/route.ts';
import { useClient } from './shell/use-client.ts';
import { SwitchboardPage } from './switchboard/switchboard-page.tsx';

const invitation = invitedTo(location);

export function App() {
  const connection = useClient();
  const log = useEventLog(connection.client);
  const route = useRoute();
  const { client } = connection;
  const isOnline = connection.state.status === 'open';
  const sessions = useSessions(client, isOnline);
  const list = <SessionList sessions={sessions} isOnline={isOnline} />;
  const events = <EventLog log={log} />;
  return (
    <>
      <Header connection={connection} route={route} />
      <ConnectionBanner connection={connection} />
      <Page
        name="Calls"
        isShown={route.page === 'calls'}
        // Who came by a friend's link has not come for the echo.
        isSideFirst={invitation !== undefined}
        main={<EchoPanel client={client} isOnline={isOnline} />}
        side={<FriendPanel client={client} isOnline={isOnline} invitation={invitation} />}
        list={route.page === 'calls' && list}
        events={events}
      />
      <RoomsPage client={client} isOnline={isOnline} route={route} events={events} />
      <SwitchboardPage
        client={client}
        isOnline={isOnline}
        isShown={route.page === 'switchboard'}
        sessions={sessions}
        list={list}
        events={events}
      />
    </>
  );
}
