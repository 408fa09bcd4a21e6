import { useEffect, useMemo, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { type CallState, idle } from './call-state.ts';
import { EchoCall } from './echo-call.ts';

declare global {
  interface Window {
    /**
     * For diagnosis and for tests: the live call's peer connection, so that `patchbay.peerConnection.getStats()` can
     * be asked in the browser's own tools. Undefined between calls. Not for programs.
     */
    patchbay: { peerConnection: RTCPeerConnection | undefined };
  }
}

export function useEchoCall(client: PatchbayClient | undefined): { call: EchoCall | undefined; state: CallState } {
  const [state, setState] = useState(idle);
  const call = useMemo(() => client && new EchoCall(client, setState), [client]);

  useEffect(() => () => call?.dispose(), [call]);
  useEffect(() => {
    window.patchbay = { peerConnection: state.peerConnection };
  }, [state.peerConnection]);

  return { call, state };
}
