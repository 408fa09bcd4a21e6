import { useCallback, useEffect, useState } from 'preact/hooks';
import { type PatchbayClient, PatchbayError } from '../../../lib/client/index.ts';
import { useLatest } from '../shell/use-latest.ts';

/** Whether there is a FreeSWITCH, and it is up; `unknown` to whoever may not see the engines. */
export type EngineState = 'unknown' | 'missing' | 'down' | 'up';

const againMs = 5000;

/** How it is with FreeSWITCH; while it is not up, asked again and again. */
export function useEngine(client: PatchbayClient | undefined, isActive: boolean): EngineState {
  const [state, setState] = useState<EngineState>('unknown');
  const { load } = useLatest();
  const look = useCallback(() => {
    if (client) void load(() => askEngines(client), setState);
  }, [client, load]);

  useEffect(() => {
    if (isActive) look();
  }, [isActive, look]);
  useEffect(() => {
    if (!isActive || (state !== 'missing' && state !== 'down')) return;
    const timer = setInterval(look, againMs);
    return () => clearInterval(timer);
  }, [isActive, state, look]);

  return state;
}

async function askEngines(client: PatchbayClient): Promise<EngineState> {
  try {
    const { nodes } = await client.request('node/get_list', {});
    const engines = nodes
      .flatMap((node) => (node.state === 'lost' ? [] : node.engines))
      .filter(({ kind }) => kind === 'freeswitch');
    if (engines.length === 0) return 'missing';
    return engines.some(({ up }) => up) ? 'up' : 'down';
  } catch (error) {
    if (error instanceof PatchbayError && error.reason === 'unauthorized') return 'unknown';
    throw error;
  }
}
