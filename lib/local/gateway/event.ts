import type { Context } from 'aws-lambda';
import { createGatewayId } from './ids.ts';

/** The authorizer's context (every value a string), with what API Gateway adds to it. */
export interface AuthorizerContext {
  [name: string]: string | number;
  principalId: string;
  /** Milliseconds that the authorizer took. */
  integrationLatency: number;
}

export interface WebSocketRequestContext {
  routeKey: string;
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
  extendedRequestId: string;
  /** `19/Jan/2023:21:13:26 +0000` */
  requestTime: string;
  messageDirection: 'IN';
  stage: string;
  /** Epoch milliseconds. */
  connectedAt: number;
  /** Epoch milliseconds. */
  requestTimeEpoch: number;
  identity: { sourceIp: string; userAgent?: string };
  requestId: string;
  domainName: string;
  connectionId: string;
  apiId: string;
  authorizer?: AuthorizerContext;
  /** MESSAGE only. */
  messageId?: string;
  /** DISCONNECT only. */
  disconnectStatusCode?: number;
  /** DISCONNECT only. */
  disconnectReason?: string;
}

/**
 * What API Gateway calls a route's Lambda with. CONNECT carries headers and query, MESSAGE carries the body.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export interface WebSocketEvent {
  requestContext: WebSocketRequestContext;
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  queryStringParameters?: Record<string, string>;
  multiValueQueryStringParameters?: Record<string, string[]>;
  body?: string;
  isBase64Encoded: boolean;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html */
export interface AuthorizerEvent {
  type: 'REQUEST';
  methodArn: string;
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  queryStringParameters: Record<string, string>;
  multiValueQueryStringParameters: Record<string, string[]>;
  stageVariables: Record<string, string>;
  requestContext: WebSocketRequestContext;
}

export type RouteHandler = (event: WebSocketEvent, context: Context) => Promise<unknown>;
export type AuthorizerHandler = (event: AuthorizerEvent, context: Context) => Promise<unknown>;

/** What is the same in all events of one connection. */
export interface ConnectionInfo {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  readonly identity: { readonly sourceIp: string; readonly userAgent?: string };
  readonly domainName: string;
  readonly stage: string;
  readonly apiId: string;
  readonly authorizer?: AuthorizerContext;
}

/** A new context with its own request id; handlers may write to it without reaching another event. */
export function createRequestContext(
  info: ConnectionInfo,
  eventType: WebSocketRequestContext['eventType'],
  routeKey: string,
  nowMs: number,
): WebSocketRequestContext {
  const requestId = createGatewayId();
  return {
    routeKey,
    eventType,
    extendedRequestId: requestId,
    requestTime: commonLogTime(nowMs),
    messageDirection: 'IN',
    stage: info.stage,
    connectedAt: info.connectedAtMs,
    requestTimeEpoch: nowMs,
    identity: { ...info.identity },
    requestId,
    domainName: info.domainName,
    connectionId: info.connectionId,
    apiId: info.apiId,
    ...(info.authorizer && { authorizer: { ...info.authorizer } }),
  };
}

function commonLogTime(epochMs: number): string {
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
