import { useCallback, useState } from 'preact/hooks';
import { type PatchbayClient, PatchbayError, type PatchbayEvent, type RoomInfo } from '../../../lib/client/index.ts';
import { useNews } from '../events/use-news.ts';
import { type Latest, useLatest } from '../shell/use-latest.ts';

export interface Room extends Pick<Latest, 'isLoading' | 'problem' | 'run'> {
  /** Undefined before it is known, and when there is none. */
  readonly info: RoomInfo | undefined;
  readonly isGone: boolean;
  refresh(): void;
}

/** What the server said of a room; nothing, if there is none. */
interface Answer {
  readonly roomId: string;
  readonly info: RoomInfo | undefined;
}

/** A room as it is now: fetched again with each of its events. */
export function useRoom(followed: PatchbayClient | undefined, roomId: string | undefined): Room {
  const [answer, setAnswer] = useState<Answer>();
  const { isLoading, problem, load, run } = useLatest();

  const refresh = useCallback(() => {
    if (!followed || roomId === undefined) return;
    void load(
      () => askRoom(followed, roomId),
      (info) => setAnswer({ roomId, info }),
    );
  }, [followed, roomId, load]);
  const isNews = useCallback(
    // Of a switch of this page's its session tells too, to those who may not have the room's events.
    ({ subclass, obj_id, type }: PatchbayEvent) => (subclass === 'room' && obj_id === roomId) || type === 'type',
    [roomId],
  );

  useNews(roomId === undefined ? undefined : followed, isNews, refresh);

  const known = answer?.roomId === roomId ? answer : undefined;
  const isGone = known !== undefined && known.info === undefined;
  return { info: known?.info, isGone, isLoading, problem, run, refresh };
}

async function askRoom(client: PatchbayClient, roomId: string): Promise<RoomInfo | undefined> {
  try {
    return await client.request('room/get_info', { room_id: roomId });
  } catch (error) {
    if (error instanceof PatchbayError && error.reason === 'room_not_found') return undefined;
    throw error;
  }
}
