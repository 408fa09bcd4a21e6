import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocketEvent } from './event.ts';

/** Headers and query of the upgrade request, as events carry them. */
export type RequestParts = Pick<WebSocketEvent, 'queryStringParameters' | 'multiValueQueryStringParameters'> & {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
};

/** The upgrade request as API Gateway passes it on; it sets the `X-Forwarded-…` and trace headers itself. */
export function readRequestParts(request: IncomingMessage, sourceIp: string, nowMs: number): RequestParts {
  const multiValueHeaders: Record<string, string[]> = {};
  const added = [
    ['X-Amzn-Trace-Id', `Root=1-${Math.floor(nowMs / 1000).toString(16)}-${randomBytes(12).toString('hex')}`],
    ['X-Forwarded-For', sourceIp],
    ['X-Forwarded-Port', `${request.socket.localPort ?? 80}`],
    ['X-Forwarded-Proto', 'http'],
  ] as const;
  const overruled = new Set<string>(added.map(([name]) => name.toLowerCase()));
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(index, index + 2);
    if (!overruled.has(name.toLowerCase())) append(multiValueHeaders, name, value);
  }
  for (const [name, value] of added) append(multiValueHeaders, name, value);

  const multiValueQuery: Record<string, string[]> = {};
  for (const [name, value] of new URL(request.url ?? '/', 'http://gateway').searchParams) {
    append(multiValueQuery, name, value);
  }
  return {
    headers: lastValues(multiValueHeaders),
    multiValueHeaders,
    ...(Object.keys(multiValueQuery).length > 0 && {
      queryStringParameters: lastValues(multiValueQuery),
      multiValueQueryStringParameters: multiValueQuery,
    }),
  };
}

/** Defines rather than assigns: a query parameter may be called `__proto__`. */
function append(target: Record<string, string[]>, name: string, value: string): void {
  const values = Object.hasOwn(target, name) ? (target[name] ?? []) : [];
  Object.defineProperty(target, name, {
    value: [...values, value],
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function lastValues(multiValue: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(multiValue).map(([name, values]) => [name, values.at(-1) ?? '']));
}
