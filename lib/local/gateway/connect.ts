import { authorize } from './authorizer.ts';
import {
  type AuthorizerContext,
  type AuthorizerHandler,
  type ConnectionInfo,
  createRequestContext,
  type RouteHandler,
} from './event.ts';
import { IntegrationTimeoutError, invoke, parseProxyResponse } from './integration.ts';
import type { GatewayLimits } from './limits.ts';
import type { RequestParts } from './request-parts.ts';
import type { Refusal } from './upgrade-response.ts';

export interface ConnectOptions {
  readonly authorizer: AuthorizerHandler | undefined;
  /** The `$connect` route; without one every authorized client is let in. */
  readonly handler: RouteHandler | undefined;
  readonly limits: Readonly<GatewayLimits>;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export type ConnectOutcome =
  | { readonly accepted: true; readonly authorizer?: AuthorizerContext; readonly subprotocol?: string }
  | { readonly accepted: false; readonly refusal: Refusal; readonly cause?: unknown };

/**
 * What happens between an upgrade request and its answer: the authorizer, then `$connect`.
 *
 * A `$connect` that answers other than 2xx refuses the upgrade with its status; one that throws or answers what can't
 * be read is 502, one that takes too long 504.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
 */
export async function connect(
  info: ConnectionInfo,
  request: RequestParts,
  options: ConnectOptions,
): Promise<ConnectOutcome> {
  const { authorizer, handler, limits, now, signal } = options;
  const invokeOptions = { timeoutMs: limits.integrationTimeoutMs, now, signal };
  const requestContext = createRequestContext(info, 'CONNECT', '$connect', now());
  let accepted: Extract<ConnectOutcome, { accepted: true }> = { accepted: true };

  if (authorizer !== undefined) {
    const outcome = await authorize(
      authorizer,
      {
        type: 'REQUEST',
        methodArn: `arn:aws:execute-api:us-east-1:000000000000:${info.apiId}/${info.stage}/$connect`,
        queryStringParameters: {},
        multiValueQueryStringParameters: {},
        ...structuredClone(request),
        stageVariables: {},
        requestContext: structuredClone(requestContext),
      },
      { ...invokeOptions, routeKey: 'authorizer', resultBytes: limits.authorizerResultBytes },
    );
    if (!outcome.allowed) return { accepted: false, refusal: outcome.refusal, cause: outcome.cause };
    requestContext.authorizer = { ...outcome.context };
    accepted = { accepted: true, authorizer: outcome.context };
  }

  if (handler === undefined) return accepted;
  try {
    const event = { ...request, requestContext, isBase64Encoded: false };
    const result = await invoke(handler, event, { ...invokeOptions, routeKey: '$connect' });
    const { statusCode, headers } = parseProxyResponse(result);
    if (statusCode < 200 || statusCode > 299) {
      return { accepted: false, refusal: { statusCode, message: statusCode === 403 ? 'Forbidden' : 'Refused' } };
    }
    const subprotocol = headers.get('sec-websocket-protocol');
    return { ...accepted, ...(subprotocol !== undefined && { subprotocol }) };
  } catch (cause) {
    const statusCode = cause instanceof IntegrationTimeoutError ? 504 : 502;
    return { accepted: false, refusal: { statusCode, message: 'Internal server error' }, cause };
  }
}
