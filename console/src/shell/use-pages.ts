import { useCallback, useState } from 'preact/hooks';
import { type Latest, useLatest } from './use-latest.ts';

export const pageSize = 20;

interface ListPage<Row> {
  readonly rows: readonly Row[];
  readonly cursor: string | undefined;
}

/** Asks for the rows after a cursor; for the first ones without it. */
type AskPage<Row> = (from: { cursor?: string; limit: number }) => Promise<ListPage<Row>>;

export interface Pages<Row> extends Pick<Latest, 'isLoading' | 'problem' | 'run'> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
  refresh(): void;
  more(): void;
}

/** A list of the server's, page by page. */
export function usePages<Row>(ask: AskPage<Row>): Pages<Row> {
  const [{ rows, cursor }, setPage] = useState<ListPage<Row>>({ rows: [], cursor: undefined });
  const { isLoading, problem, load, run } = useLatest();
  return {
    rows,
    hasMore: cursor !== undefined,
    isLoading,
    problem,
    run,
    refresh: useCallback(() => void load(() => ask({ limit: pageSize }), setPage), [ask, load]),
    more: useCallback(() => {
      if (cursor === undefined) return;
      void load(
        () => ask({ limit: pageSize, cursor }),
        (next) => setPage((before) => ({ ...next, rows: [...before.rows, ...next.rows] })),
      );
    }, [ask, load, cursor]),
  };
}
