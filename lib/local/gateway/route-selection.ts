import { isRecord, parseJson } from './json.ts';

/** Keys that API Gateway runs by itself. A message's body must not be able to name them. */
const RESERVED_ROUTE_KEYS: ReadonlySet<string> = new Set(['$connect', '$disconnect', '$default']);

/** An escaped dollar, `${variable}`, or a bare `$variable`. */
const TOKEN = /\\\$|\$\{([^}]*)\}|\$([\w.-]+)/g;
const BODY_VARIABLE = /^request\.body((?:\.[^.]+)+)$/;

type Part = string | { readonly path: readonly string[] };

/**
 * Compiles a route selection expression into a function from a message's text to the key of its route.
 *
 * The function returns `$default` for what selects no route (also for a body that is not a JSON object), and
 * undefined when the API has no `$default` either. Throws for an expression that a WebSocket API would not take.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
 */
export function createRouteSelector(
  expression: string,
  routeKeys: Iterable<string>,
): (messageText: string) => string | undefined {
  const parts = parseExpression(expression);
  const known = new Set(routeKeys);
  const fallback = known.has('$default') ? '$default' : undefined;
  return (messageText) => {
    const body = parseJson(messageText);
    if (!isRecord(body)) return fallback;
    const key = parts.map((part) => (typeof part === 'string' ? part : valueAt(body, part.path))).join('');
    return known.has(key) && !RESERVED_ROUTE_KEYS.has(key) ? key : fallback;
  };
}

function parseExpression(expression: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of expression.matchAll(TOKEN)) {
    parts.push(expression.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(match[0] === '\\$' ? '$' : { path: bodyPath(match[1] ?? match[2] ?? '', expression) });
  }
  parts.push(expression.slice(end));
  return parts;
}

function bodyPath(variable: string, expression: string): string[] {
  const path = BODY_VARIABLE.exec(variable)?.[1];
  if (path === undefined) {
    throw new Error(`route selection expression "${expression}": only $request.body.… is supported, not "${variable}"`);
  }
  return path.slice(1).split('.');
}

/** The scalar at the path as a string. What is missing, null or not a scalar is the empty string. */
function valueAt(body: Record<string, unknown>, path: readonly string[]): string {
  let value: unknown = body;
  for (const name of path) {
    value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
