import type { Context } from 'aws-lambda';
import { isRecord } from './json.ts';
import { createLambdaContext, functionNameOf } from './lambda-context.ts';

/** A handler ran longer than API Gateway waits. What it returns later is lost, what it does is not undone. */
export class IntegrationTimeoutError extends Error {
  override readonly name = 'IntegrationTimeoutError';
}

/** A handler returned what API Gateway can't read as a proxy response. */
export class MalformedResponseError extends Error {
  override readonly name = 'MalformedResponseError';
}

/** The gateway was closed while the handler ran. */
export class GatewayClosedError extends Error {
  override readonly name = 'GatewayClosedError';
}

export interface InvokeOptions {
  /** The route key, or `authorizer`: names the function in its context. */
  readonly routeKey: string;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** Ends the waiting, not the handler. */
  readonly signal: AbortSignal;
}

/** Calls a handler as Lambda would, and waits no longer than API Gateway would. */
export async function invoke<Event>(
  handler: (event: Event, context: Context) => Promise<unknown>,
  event: Event,
  { routeKey, timeoutMs, now, signal }: InvokeOptions,
): Promise<unknown> {
  if (signal.aborted) throw new GatewayClosedError(`closed before ${routeKey} was invoked`);
  const functionName = functionNameOf(routeKey);
  const context = createLambdaContext({ functionName, deadlineAtMs: now() + timeoutMs, now });
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  const timer = setTimeout(() => end(new IntegrationTimeoutError(`${routeKey} took over ${timeoutMs} ms`)), timeoutMs);
  const onAbort = () => end(new GatewayClosedError(`closed while ${routeKey} ran`));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([runAsync(handler, event, context), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** A handler that throws before its first await is a rejection like any other. */
async function runAsync<Event>(
  handler: (event: Event, context: Context) => Promise<unknown>,
  event: Event,
  context: Context,
): Promise<unknown> {
  return handler(event, context);
}

export interface ProxyResponse {
  statusCode: number;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: string;
}

/**
 * Reads what a Lambda proxy integration returned. Throws MalformedResponseError for what API Gateway would answer with
 * an internal server error: nothing at all, no status code, a body that is not a string.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
 */
export function parseProxyResponse(result: unknown): ProxyResponse {
  if (!isRecord(result)) throw new MalformedResponseError('the handler returned no object');
  const statusCode = Number(result.statusCode);
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 599) {
    throw new MalformedResponseError(`statusCode is ${JSON.stringify(result.statusCode)}`);
  }
  const body = result.body ?? '';
  if (typeof body !== 'string') throw new MalformedResponseError(`body is of type ${typeof body}, not string`);
  const text = result.isBase64Encoded === true ? Buffer.from(body, 'base64').toString('utf8') : body;
  const headers = isRecord(result.headers) ? Object.entries(result.headers) : [];
  return { statusCode, body: text, headers: new Map(headers.map(([name, value]) => [name.toLowerCase(), `${value}`])) };
}
