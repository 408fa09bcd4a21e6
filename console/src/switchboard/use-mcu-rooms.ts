import { useCallback, useState } from 'preact/hooks';
import type { PatchbayClient, PatchbayEvent } from '../../../lib/client/index.ts';
import { useNews } from '../events/use-news.ts';
import { useLatest } from '../shell/use-latest.ts';

export interface McuRooms {
  readonly roomIds: readonly string[];
  refresh(): void;
}

/** The rooms that mix, to choose from; asked for again when an own session comes, moves or goes. */
export function useMcuRooms(client: PatchbayClient | undefined): McuRooms {
  const [roomIds, setRoomIds] = useState<readonly string[]>([]);
  const { load } = useLatest();
  const refresh = useCallback(() => {
    if (!client) return;
    void load(
      () => client.request('room/get_list', {}),
      ({ rooms }) => setRoomIds(rooms.filter((room) => room.class === 'mcu').map(({ room_id }) => room_id)),
    );
  }, [client, load]);
  useNews(client, isNews, refresh);
  return { roomIds, refresh };
}

const newsTypes = ['created', 'type', 'destroyed'];
const isNews = ({ type }: PatchbayEvent) => newsTypes.includes(type);
