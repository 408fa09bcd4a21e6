import { useCallback } from 'preact/hooks';
import type { PatchbayClient, PatchbayEvent, SessionSummary } from '../../../lib/client/index.ts';
import { useNews } from '../events/use-news.ts';
import { type Pages, usePages } from '../shell/use-pages.ts';

export interface Sessions extends Omit<Pages<SessionSummary>, 'run'> {
  destroy(sessionId: string): void;
}

/** The caller's sessions; fetched again when one is made, becomes of another type or ends. */
export function useSessions(client: PatchbayClient | undefined, isOnline: boolean): Sessions {
  const ask = useCallback(
    async (from: { cursor?: string; limit: number }) => {
      if (!client) return { rows: [], cursor: undefined };
      const { sessions, cursor } = await client.request('session/get_list', from);
      return { rows: sessions, cursor };
    },
    [client],
  );
  const { run, ...pages } = usePages<SessionSummary>(ask);
  const { refresh } = pages;
  useNews(isOnline ? client : undefined, isNews, refresh);
  const destroy = (sessionId: string) =>
    run(async () => {
      await client?.request('session/destroy', { session_id: sessionId });
      refresh();
    });
  return { ...pages, destroy: (sessionId) => void destroy(sessionId) };
}

const newsTypes = ['created', 'answer', 'type', 'destroyed'];
const isNews = ({ subclass, type }: PatchbayEvent) => subclass === 'session' && newsTypes.includes(type);
