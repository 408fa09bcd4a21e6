import { useEffect } from 'preact/hooks';
import type { PatchbayClient, PatchbayEvent } from '../../../lib/client/index.ts';

/** Events come in bursts: one refresh is enough for all of them, and it does not wait for the last. */
const settleMs = 250;

/** Refreshes at once, and again when there is news; with a client that is undefined, never. */
export function useNews(
  client: PatchbayClient | undefined,
  isNews: (event: PatchbayEvent) => boolean,
  refresh: () => void,
): void {
  useEffect(() => {
    if (!client) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = client.onEvent((event) => {
      if (!isNews(event)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh();
      }, settleMs);
    });
    refresh();
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [client, isNews, refresh]);
}
