import './room-list.css';
import { useRef, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { age } from '../shell/age.ts';
import { Icon } from '../shell/icon.tsx';
import { hashOf } from '../shell/route.ts';
import { useNow } from '../shell/use-now.ts';
import { NewRoom } from './new-room.tsx';
import { roomName } from './room-name.ts';
import { useRooms } from './use-rooms.ts';

interface Props {
  readonly client: PatchbayClient | undefined;
  /** The client, when the events of rooms come. */
  readonly followed: PatchbayClient | undefined;
  readonly isOnline: boolean;
  readonly chosenId: string | undefined;
}

export function RoomList({ client, followed, isOnline, chosenId }: Props) {
  const { rows, hasMore, isLoading, problem, refresh, more } = useRooms(followed);
  const [isMaking, setIsMaking] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const done = () => {
    toggle.current?.focus();
    setIsMaking(false);
  };
  const nowMs = useNow(rows.length > 0);
  return (
    <section class="card room-list" aria-label="Rooms" aria-busy={isLoading}>
      <div class="card-head">
        <h2>
          Rooms <span class="count">{`${rows.length}${hasMore ? '+' : ''}`}</span>
        </h2>
        <button type="button" class="button button-small" disabled={!followed || isLoading} onClick={refresh}>
          <Icon name="refresh" />
          Refresh
        </button>
        <button
          ref={toggle}
          type="button"
          class="button button-small"
          data-testid="room-new"
          aria-expanded={isMaking}
          onClick={() => setIsMaking(!isMaking)}
        >
          <Icon name="plus" />
          New room
        </button>
      </div>
      {isMaking && <NewRoom client={client} isOnline={isOnline} onDone={done} />}
      {problem && (
        <p class="card-problem" role="alert">
          {problem}
        </p>
      )}
      <div class="room-scroll">
        {rows.length === 0 && <p class="card-empty">No rooms.</p>}
        <ul class="room-rows" data-testid="room-list">
          {rows.map(({ room_id, class: roomClass, members, created_at }) => (
            <li key={room_id}>
              <a
                class="room-row"
                href={hashOf({ page: 'rooms', roomId: room_id })}
                data-testid="room-row"
                data-room-id={room_id}
                aria-current={room_id === chosenId ? 'true' : undefined}
              >
                <code title={room_id}>{roomName(room_id)}</code>
                <span class="room-members">{members === 1 ? '1 member' : `${members} members`}</span>
                <span class="room-age">
                  {roomClass}, {age(created_at, nowMs)}
                </span>
              </a>
            </li>
          ))}
        </ul>
        {hasMore && (
          <button type="button" class="button button-small list-more" disabled={isLoading} onClick={more}>
            More
          </button>
        )}
      </div>
    </section>
  );
}
