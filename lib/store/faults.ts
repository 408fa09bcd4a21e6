import { PatchbayError } from '../protocol/errors.ts';

/** The SDK's errors for a table that throttles, hangs or is away; a mistake of ours (a bad request) is none of them. */
const passing = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'TimeoutError',
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'ServiceUnavailable',
]);

/** What a client is told when the records cannot be reached for now, or undefined for any other error. */
export function tableAway(error: unknown): PatchbayError | undefined {
  // Only the SDK's errors carry metadata: a node's refused connection looks alike otherwise.
  if (!(error instanceof Error) || Reflect.get(error, '$metadata') === undefined) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  if (!passing.has(error.name) && !(typeof code === 'string' && passing.has(code))) return undefined;
  return new PatchbayError('timeout', 'the records cannot be reached for now: try again', {
    cause: error,
    retryAfterSeconds: 1,
  });
}
