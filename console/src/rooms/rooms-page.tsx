import type { ComponentChildren } from 'preact';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { useCall } from '../call/use-call.ts';
import { Page } from '../shell/page.tsx';
import type { Route } from '../shell/route.ts';
import { SwitchedCall } from '../switchboard/switched-call.ts';
import { ListenCall } from './listen-call.ts';
import { MemberList } from './member-list.tsx';
import { PublishCall } from './publish-call.ts';
import { RoomList } from './room-list.tsx';
import { RoomStage } from './room-stage.tsx';
import { useRoom } from './use-room.ts';
import { useRoomEvents } from './use-room-events.ts';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
  readonly route: Route;
  readonly events: ComponentChildren;
}

/** Rooms, and the one that is chosen: who leaves it ends what is published and heard there. */
export function RoomsPage({ client, isOnline, route, events }: Props) {
  const { roomId } = route;
  const isShown = route.page === 'rooms';
  const followed = useRoomEvents(client, isOnline && (isShown || roomId !== undefined));
  const room = useRoom(followed, roomId);
  const publishing = useCall(client, PublishCall, 'publish', roomId);
  const listening = useCall(client, ListenCall, 'listen', roomId);
  const mixing = useCall(client, SwitchedCall, 'member', roomId);
  const ownIds = [publishing, listening, mixing].map(({ state }) => state.sessionId);
  return (
    <Page
      name="Rooms"
      isShown={isShown}
      isSideFirst
      main={
        roomId === undefined ? (
          <section class="card" aria-label="Room">
            <p class="card-empty">
              Choose a room, or make one: then you can publish into it and listen to others, or join its mix.
            </p>
          </section>
        ) : (
          <RoomStage
            client={client}
            isOnline={isOnline}
            roomId={roomId}
            room={room}
            publishing={publishing}
            listening={listening}
            mixing={mixing}
          />
        )
      }
      side={<RoomList client={client} followed={followed} isOnline={isOnline} chosenId={roomId} />}
      list={<MemberList client={client} isOnline={isOnline} room={room} ownIds={ownIds} />}
      events={events}
    />
  );
}
