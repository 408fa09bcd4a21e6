import { format } from 'node:util';

/**
 * The line that Lambda's runtime for Node writes in JSON for what a handler threw (`console.error(error)`), as `formatJsonMessage`
 * of its source does it.
 *
 * @see https://www.npmjs.com/package/aws-lambda-ric/v/4.0.2 (index.mjs; the same in 3.3.0, src/LogPatch.js)
 */
export const errorLine = (error: unknown): string =>
  line('ERROR', error instanceof Error ? error : new Error(String(error)));

/** The same for what a function says by `console`. */
export function line(level: 'ERROR' | 'WARN' | 'INFO', message: unknown): string {
  const all = { timestamp: '2026-11-26T00:00:00.000Z', level, requestId: '79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36' };
  try {
    return JSON.stringify({ ...all, message }, withErrors);
  } catch {
    return JSON.stringify({ ...all, message: format(message) });
  }
}

const withErrors = (_: string, value: unknown): unknown =>
  value instanceof Error
    ? {
        errorType: value.constructor.name,
        errorMessage: value.message,
        stackTrace: value.stack?.split('\n'),
        ...value,
      }
    : value;

/**
 * What Lambda itself writes of each invocation that ended.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
 */
export const reportLine = (status: 'success' | 'error' | 'failure' | 'timeout'): string =>
  JSON.stringify({
    time: '2026-11-26T00:00:10.000Z',
    type: 'platform.report',
    record: {
      requestId: '79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36',
      metrics: { durationMs: 10_000, billedDurationMs: 10_000, memorySizeMB: 256, maxMemoryUsedMB: 92 },
      status,
      ...((status === 'error' || status === 'failure') && { errorType: 'Error' }),
    },
  });
