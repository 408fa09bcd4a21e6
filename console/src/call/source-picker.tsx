import './source-picker.css';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from '../shell/icon.tsx';
import type { SourceKind } from './source.ts';

export const sources: readonly { kind: SourceKind; name: string; icon: IconName }[] = [
  { kind: 'camera', name: 'Camera', icon: 'camera' },
  { kind: 'microphone', name: 'Audio only', icon: 'microphone' },
  { kind: 'picture', name: 'Test picture', icon: 'pattern' },
];

interface Props {
  readonly value: SourceKind;
  onChange(kind: SourceKind): void;
}

/** What the call sends. */
export function SourcePicker({ value, onChange }: Props) {
  const group = useId();
  return (
    <fieldset class="sources">
      <legend class="unseen">Send</legend>
      {sources.map(({ kind, name, icon }) => (
        <label key={kind} class="source">
          <input
            class="unseen"
            type="radio"
            name={group}
            value={kind}
            checked={kind === value}
            onChange={() => onChange(kind)}
          />
          <Icon name={icon} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
