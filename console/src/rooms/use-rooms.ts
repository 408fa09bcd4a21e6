import { useCallback } from 'preact/hooks';
import type { PatchbayClient, PatchbayEvent, RoomSummary } from '../../../lib/client/index.ts';
import { useNews } from '../events/use-news.ts';
import { type Pages, usePages } from '../shell/use-pages.ts';

/** The tenant's rooms; fetched again when one is made or ends, or its members change. */
export function useRooms(followed: PatchbayClient | undefined): Pages<RoomSummary> {
  const ask = useCallback(
    async (from: { cursor?: string; limit: number }) => {
      if (!followed) return { rows: [], cursor: undefined };
      const { rooms, cursor } = await followed.request('room/get_list', from);
      return { rows: rooms, cursor };
    },
    [followed],
  );
  const pages = usePages<RoomSummary>(ask);
  useNews(followed, isNews, pages.refresh);
  return pages;
}

const isNews = ({ subclass, type }: PatchbayEvent) => subclass === 'room' && type !== 'status' && type !== 'info';
