import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { type ConnectionState, PatchbayClient } from '../../../lib/client/index.ts';
import { apiUrl } from './api-url.ts';
import { readToken, writeToken } from './token.ts';

export interface ClientConnection {
  /** Undefined when it could not even be made: `state.reason` says why. */
  readonly client: PatchbayClient | undefined;
  readonly state: ConnectionState;
  readonly url: string;
  readonly token: string;
  connect(): void;
  /** Connects anew with that token; none: ''. */
  setToken(token: string): void;
}

const connecting: ConnectionState = { status: 'connecting' };

/** The page's one client: connects by itself, and again when the token changes. */
export function useClient(): ClientConnection {
  const url = useMemo(() => apiUrl(location), []);
  const [token, setTokenState] = useState(readToken);
  const { client, problem } = useMemo(() => makeClient(url, token), [url, token]);
  const [state, setState] = useState<ConnectionState>(connecting);

  useEffect(() => {
    if (!client) return;
    const unsubscribe = client.onState(setState);
    connectQuietly(client);
    const reconnect = () => connectQuietly(client);
    addEventListener('online', reconnect);
    return () => {
      removeEventListener('online', reconnect);
      unsubscribe();
      client.close();
    };
  }, [client]);

  return {
    client,
    state: client ? state : { status: 'closed', reason: problem },
    url,
    token,
    connect: useCallback(() => client && connectQuietly(client), [client]),
    setToken: useCallback((next: string) => {
      writeToken(next);
      setTokenState(next);
    }, []),
  };
}

/** A failure shows in the client's state. */
const connectQuietly = (client: PatchbayClient): void => {
  client.connect().catch(() => undefined);
};

function makeClient(url: string, token: string): { client: PatchbayClient | undefined; problem: string } {
  try {
    return { client: new PatchbayClient(token === '' ? { url } : { url, token }), problem: '' };
  } catch (error) {
    return { client: undefined, problem: error instanceof Error ? error.message : 'the client could not be made' };
  }
}
