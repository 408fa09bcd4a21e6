import { useEffect, useMemo, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { type CallState, idle } from '../call/call-state.ts';
import { P2pCall } from './p2p-call.ts';

export function useP2pCall(client: PatchbayClient | undefined): { call: P2pCall | undefined; state: CallState } {
  const [state, setState] = useState(idle);
  const call = useMemo(() => client && new P2pCall(client, setState), [client]);
  useEffect(() => () => call?.dispose(), [call]);
  return { call, state };
}
