import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { PatchbayClient, SessionSummary } from '../../../lib/client/index.ts';

const pageSize = 20;
/** A call's events come in a burst: one refresh is enough for all of them. */
const settleMs = 250;

export interface Sessions {
  readonly rows: readonly SessionSummary[];
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly problem: string | undefined;
  refresh(): void;
  more(): void;
  destroy(sessionId: string): void;
}

/** The caller's sessions, page by page; fetched again when one is made or ends. */
export function useSessions(client: PatchbayClient | undefined, isOnline: boolean): Sessions {
  const [rows, setRows] = useState<readonly SessionSummary[]>([]);
  const [cursor, setCursor] = useState<string>();
  const [isLoading, setIsLoading] = useState(false);
  const [problem, setProblem] = useState<string>();
  /** Only the newest fetch may show its result: replies are not ordered. */
  const newest = useRef(0);

  const fetchPage = useCallback(
    async (from: string | undefined) => {
      if (!client) return;
      newest.current += 1;
      const turn = newest.current;
      setIsLoading(true);
      try {
        const page = await client.request('session/get_list', { limit: pageSize, ...(from && { cursor: from }) });
        if (turn !== newest.current) return;
        setRows((before) => (from ? [...before, ...page.sessions] : page.sessions));
        setCursor(page.cursor);
        setProblem(undefined);
      } catch (error) {
        if (turn === newest.current) setProblem(messageOf(error));
      } finally {
        if (turn === newest.current) setIsLoading(false);
      }
    },
    [client],
  );
  const refresh = useCallback(() => void fetchPage(undefined), [fetchPage]);

  useEffect(() => {
    if (!client || !isOnline) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = client.onEvent(({ subclass, type }) => {
      if (subclass !== 'session' || !(type === 'created' || type === 'answer' || type === 'destroyed')) return;
      clearTimeout(timer);
      timer = setTimeout(refresh, settleMs);
    });
    refresh();
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [client, isOnline, refresh]);

  const destroy = useCallback(
    async (sessionId: string) => {
      try {
        await client?.request('session/destroy', { session_id: sessionId });
      } catch (error) {
        setProblem(messageOf(error));
      }
      refresh();
    },
    [client, refresh],
  );

  return {
    rows,
    hasMore: cursor !== undefined,
    isLoading,
    problem,
    refresh,
    more: useCallback(() => void fetchPage(cursor), [fetchPage, cursor]),
    destroy: (sessionId) => void destroy(sessionId),
  };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : 'unknown fault');
