/** What a client says about itself when it connects: by subprotocols or by query. docs/protocol.md#connecting. */

type Fields = Readonly<Record<string, string | undefined>> | null | undefined;

/** What the authorizer's event and that of `$connect` have in common. */
interface ConnectRequest {
  readonly headers?: Fields;
  readonly queryStringParameters?: Fields;
}

/** Ours, and the only one that is ever taken: never the one that carries a token. */
export const subprotocol = 'patchbay.v1';

const tokenPrefix = 'token.';

/** Subprotocols `patchbay.v1, token.<jwt>`, or query `token`. */
export function tokenOf(event: ConnectRequest): string | undefined {
  const word = subprotocols(event).find((one) => one.startsWith(tokenPrefix));
  return word?.slice(tokenPrefix.length) ?? event.queryStringParameters?.token ?? undefined;
}

/** Whether events that fall into the same moment may come in one message. docs/protocol.md#events. */
export const wantsBatches = (event: ConnectRequest): boolean =>
  offersSubprotocol(event) || event.queryStringParameters?.batch === '1';

/** A client that offered it must be told that it was taken. */
export const offersSubprotocol = (event: ConnectRequest): boolean => subprotocols(event).includes(subprotocol);

function subprotocols({ headers }: ConnectRequest): string[] {
  const header = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === 'sec-websocket-protocol');
  return header?.[1]?.split(',').map((word) => word.trim()) ?? [];
}
