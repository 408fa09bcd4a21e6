import './call-message.css';
import type { CallState } from './call-state.ts';
import type { SourceKind } from './source.ts';
import { sources } from './source-picker.tsx';

interface Props {
  readonly state: CallState;
  /** Left out where nothing is sent. */
  onFallback?(kind: SourceKind): void;
}

/** Why a call ended or did not start, and what to do instead. */
export function CallMessage({ state, onFallback }: Props) {
  const { message, isProblem, fallbacks } = state;
  return (
    <div class="call-message" role="status" data-problem={isProblem} hidden={message === undefined}>
      <p>{message}</p>
      {sources
        .filter(({ value }) => fallbacks.includes(value))
        .map(({ value, name }) => (
          <button key={value} type="button" class="button button-small" onClick={() => onFallback?.(value)}>
            {name}
          </button>
        ))}
    </div>
  );
}
