import { howToAdd } from './how-to-add.ts';
import type { EngineState } from './use-engine.ts';

/** Why nothing can be started here, and what helps. */
export function EngineNotice({ state }: { state: EngineState }) {
  if (state !== 'missing' && state !== 'down') return null;
  return (
    <p class="card-problem" role="status" data-testid="engine-notice" data-state={state}>
      {state === 'missing'
        ? `There is no FreeSWITCH here yet. ${howToAdd}`
        : 'FreeSWITCH cannot be reached just now: calls can be started when it is back.'}
    </p>
  );
}
