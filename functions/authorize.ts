import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { tokenOf, wantsBatches } from '../lib/authorize/request.ts';
import { withSecret } from '../lib/authorize/secret.ts';
import { TokenRefused, tokenVerifier, type VerifyToken } from '../lib/authorize/token.ts';
import type { AuthorizerContext } from '../lib/command/identity.ts';
import { scopes } from '../lib/domain/access.ts';
import { read } from '../lib/env.ts';

let verify: VerifyToken | undefined;

/**
 * The authorizer of `$connect`: what it puts into its context is the identity of every later message on the connection.
 * No or a bad token: API Gateway answers 401 for a thrown `Unauthorized`, 403 for a policy that denies, and 500 for any other
 * error. Lambda logs both errors alike; the alarm tells them apart by the word (`infra/constructs/watch.ts`).
 */
export async function handler(event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  const batch = wantsBatches(event) ? '1' : '0';
  if (read('auth') === 'none') {
    return policy('Allow', event.methodArn, { tenant: 'default', sub: 'anonymous', scope: scopes.join(' '), batch });
  }
  const token = tokenOf(event);
  if (token === undefined) throw new Error('Unauthorized');
  verify ??= tokenVerifier(await withSecret());
  try {
    const { tenant, sub, scope, rooms, exp } = await verify(token);
    const context = { tenant, sub, scope, exp: String(exp), batch, ...(rooms && { rooms: rooms.join(' ') }) };
    return policy('Allow', event.methodArn, context);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    console.warn(JSON.stringify({ level: 'WARN', message: 'token refused', why: error.message }));
    if (error.kind === 'denied') return policy('Deny', event.methodArn, {});
    throw new Error('Unauthorized');
  }
}

const policy = (
  effect: 'Allow' | 'Deny',
  resource: string,
  context: AuthorizerContext | Record<string, never>,
): APIGatewayAuthorizerResult => ({
  principalId: 'sub' in context ? String(context.sub) : 'nobody',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
  },
  context: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, String(value)])),
});
