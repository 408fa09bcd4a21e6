import { Choice } from '../shell/choice.tsx';
import type { IconName } from '../shell/icon.tsx';
import type { SourceKind } from './source.ts';

export const sources: readonly { value: SourceKind; name: string; icon: IconName }[] = [
  { value: 'camera', name: 'Camera', icon: 'camera' },
  { value: 'microphone', name: 'Audio only', icon: 'microphone' },
  { value: 'picture', name: 'Test picture', icon: 'pattern' },
];

interface Props {
  readonly value: SourceKind;
  onChange(kind: SourceKind): void;
}

/** What the call sends. */
export function SourcePicker(props: Props) {
  return <Choice legend="Send" options={sources} {...props} />;
}
