import type { AuthorizerContext, AuthorizerEvent, AuthorizerHandler } from './event.ts';
import { type InvokeOptions, invoke } from './integration.ts';
import { isRecord } from './json.ts';
import type { Refusal } from './upgrade-response.ts';

/** The authorizer answered with what API Gateway can't use: a configuration error, 500 to the client. */
export class AuthorizerResultError extends Error {
  override readonly name = 'AuthorizerResultError';
}

export type AuthorizerOutcome =
  | { readonly allowed: true; readonly context: AuthorizerContext }
  | { readonly allowed: false; readonly refusal: Refusal; readonly cause?: unknown };

/**
 * Runs the authorizer and judges its policy: `Error('Unauthorized')` is 401, a policy that denies or does not allow
 * is 403, every other fault is 500.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export async function authorize(
  handler: AuthorizerHandler,
  event: AuthorizerEvent,
  options: InvokeOptions & { readonly resultBytes: number },
): Promise<AuthorizerOutcome> {
  const startedAtMs = options.now();
  try {
    const result = await invoke(handler, event, options);
    const { principalId, policyDocument, context } = readResult(result, options.resultBytes);
    const decision = evaluatePolicy(policyDocument, event.methodArn);
    if (decision !== 'allow') {
      const detail = decision === 'explicit_deny' ? ' with an explicit deny' : '';
      const message = `User is not authorized to access this resource${detail}`;
      return { allowed: false, refusal: { statusCode: 403, message } };
    }
    return { allowed: true, context: { ...context, principalId, integrationLatency: options.now() - startedAtMs } };
  } catch (cause) {
    if (cause instanceof Error && cause.message === 'Unauthorized') {
      return { allowed: false, refusal: { statusCode: 401, message: 'Unauthorized' } };
    }
    return { allowed: false, refusal: { statusCode: 500, message: 'Internal server error' }, cause };
  }
}

function readResult(result: unknown, limitBytes: number) {
  if (!isRecord(result)) throw new AuthorizerResultError('the authorizer returned no object');
  const { principalId, policyDocument } = result;
  if (typeof principalId !== 'string' || principalId === '') throw new AuthorizerResultError('principalId is missing');
  if (!isRecord(policyDocument)) throw new AuthorizerResultError('policyDocument is missing');
  if (Buffer.byteLength(JSON.stringify(result)) > limitBytes) {
    throw new AuthorizerResultError(`the result is longer than ${limitBytes} bytes`);
  }
  const context: Record<string, string> = {};
  for (const [name, value] of Object.entries(isRecord(result.context) ? result.context : {})) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'object' || typeof value === 'function') {
      throw new AuthorizerResultError(`context.${name} is not a string, number or boolean`);
    }
    context[name] = String(value);
  }
  return { principalId, policyDocument, context };
}

/** IAM's rule: an explicit Deny wins, and without an Allow it is denied as well. */
function evaluatePolicy(
  policyDocument: Record<string, unknown>,
  resource: string,
): 'allow' | 'explicit_deny' | 'implicit_deny' {
  const statements = toArray(policyDocument.Statement).filter(isRecord);
  if (statements.length === 0) throw new AuthorizerResultError('policyDocument has no Statement');
  const effects = statements
    .filter(
      ({ Action, Resource }) =>
        toArray(Action).some((pattern) => matches(pattern, 'execute-api:Invoke')) &&
        toArray(Resource).some((pattern) => matches(pattern, resource)),
    )
    .map(({ Effect }) => Effect);
  if (effects.includes('Deny')) return 'explicit_deny';
  return effects.includes('Allow') ? 'allow' : 'implicit_deny';
}

function matches(pattern: unknown, value: string): boolean {
  if (typeof pattern !== 'string') return false;
  const source = pattern
    .replaceAll(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(value);
}

function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
