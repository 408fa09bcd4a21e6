import { useCallback, useRef, useState } from 'preact/hooks';

export interface Latest {
  readonly isLoading: boolean;
  readonly problem: string | undefined;
  /** Asks, and shows the answer if nothing newer was asked meanwhile: replies are not ordered. Never rejects. */
  load<T>(ask: () => Promise<T>, show: (answer: T) => void): Promise<void>;
  /** Does something else; a failure shows as a problem. Never rejects. */
  run(act: () => Promise<unknown>): Promise<void>;
}

/** Questions to the server of which only the newest counts, and what went wrong with them. */
export function useLatest(): Latest {
  const [isLoading, setIsLoading] = useState(false);
  const [problem, setProblem] = useState<string>();
  const newest = useRef(0);
  return {
    isLoading,
    problem,
    load: useCallback(async (ask, show) => {
      newest.current += 1;
      const turn = newest.current;
      setIsLoading(true);
      try {
        const answer = await ask();
        if (turn !== newest.current) return;
        show(answer);
        setProblem(undefined);
      } catch (error) {
        if (turn === newest.current) setProblem(messageOf(error));
      } finally {
        if (turn === newest.current) setIsLoading(false);
      }
    }, []),
    run: useCallback(async (act) => {
      setProblem(undefined);
      await act().catch((error: unknown) => setProblem(messageOf(error)));
    }, []),
  };
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown fault');
