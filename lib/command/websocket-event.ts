/**
 * What patchbay uses of the events of an API Gateway WebSocket API.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-integrations.html
 */
export interface WebSocketEvent {
  readonly requestContext: {
    readonly connectionId: string;
    readonly routeKey: string;
    readonly eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
    readonly requestId: string;
    readonly connectedAt: number;
    /** What the authorizer put into its context at `$connect`: strings, numbers and booleans, as API Gateway has it. */
    readonly authorizer?: Readonly<Record<string, unknown>> | undefined;
  };
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

/** A Lambda proxy's result: on a route with a route response the body goes back on the socket. */
export interface RouteReply {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
