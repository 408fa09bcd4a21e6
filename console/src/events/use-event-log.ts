import { useCallback, useEffect, useState } from 'preact/hooks';
import type { PatchbayClient, PatchbayEvent } from '../../../lib/client/index.ts';

const capacity = 500;

export interface LogEntry {
  /** Counts up over the page's life: an event's own `seq` is of its object. */
  readonly number: number;
  readonly event: PatchbayEvent;
}

export interface Log {
  readonly entries: readonly LogEntry[];
  clear(): void;
}

let lastNumber = 0;

/** The newest 500 events of the connection, oldest first. */
export function useEventLog(client: PatchbayClient | undefined): Log {
  const [entries, setEntries] = useState<readonly LogEntry[]>([]);
  useEffect(
    () =>
      client?.onEvent((event) => {
        lastNumber += 1;
        const entry = { number: lastNumber, event };
        setEntries((before) => [...before.slice(1 - capacity), entry]);
      }),
    [client],
  );
  return { entries, clear: useCallback(() => setEntries([]), []) };
}
