import type { Log } from '../../lib/domain/log.ts';

/** A log that keeps its lines, for tests that look for one. */
export function keptLog(): { readonly lines: string[]; readonly log: Log } {
  const lines: string[] = [];
  const write = (fields: object, message: string) => {
    const error = Reflect.get(fields, 'err');
    lines.push(JSON.stringify({ ...fields, ...(error instanceof Error && { err: error.message }), message }));
  };
  return { lines, log: { debug: write, info: write, warn: write, error: write } };
}
