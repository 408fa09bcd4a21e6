import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { type CallState, idle } from './call-state.ts';
import { type CallPlace, exposePeerConnection } from './peer-connections.ts';

type CallClass<C> = new (client: PatchbayClient, onChange: (state: CallState) => void) => C;

export interface UsedCall<C> {
  readonly call: C | undefined;
  readonly state: CallState;
}

/**
 * The calls of one place on the page, and how the newest is. What is under way ends with its place, and when it would be
 * about something else: another kind of call, another subject.
 */
export function useCall<C extends { dispose(): void }>(
  client: PatchbayClient | undefined,
  Kind: CallClass<C>,
  place: CallPlace,
  subject?: string,
): UsedCall<C> {
  const [state, setState] = useState(idle);
  const newest = useRef<C | undefined>(undefined);
  const call = useMemo(() => {
    const made: C | undefined =
      client &&
      new Kind(client, (next) => {
        if (made === newest.current) setState(next);
      });
    return made;
  }, [client, Kind, subject]);

  useEffect(() => {
    newest.current = call;
    setState(idle);
    return () => {
      newest.current = undefined;
      call?.dispose();
    };
  }, [call]);
  useEffect(() => exposePeerConnection(place, state.peerConnection), [place, state.peerConnection]);

  return { call, state };
}
