import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';

/** What a client says about itself when it connects: by subprotocols (preferred) or by query. PROTOCOL section 6. */

type ConnectRequest = Pick<APIGatewayRequestAuthorizerEvent, 'headers' | 'queryStringParameters'>;

const tokenPrefix = 'token.';

/** Subprotocols `patchbay.v1, token.<jwt>`, or query `token`. */
export function tokenOf(event: ConnectRequest): string | undefined {
  const word = subprotocols(event).find((one) => one.startsWith(tokenPrefix));
  return word?.slice(tokenPrefix.length) ?? event.queryStringParameters?.token ?? undefined;
}

/** Whether events that fall into the same moment may come in one message. PROTOCOL section 5. */
export const wantsBatches = (event: ConnectRequest): boolean =>
  subprotocols(event).includes('patchbay.v1') || event.queryStringParameters?.batch === '1';

function subprotocols({ headers }: ConnectRequest): string[] {
  const header = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === 'sec-websocket-protocol');
  return header?.[1]?.split(',').map((word) => word.trim()) ?? [];
}
