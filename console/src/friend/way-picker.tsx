import { Choice } from '../shell/choice.tsx';
import type { Way } from './invitation.ts';

export const ways: readonly { value: Way; name: string; hint: string }[] = [
  {
    value: 'p2p',
    name: 'Direct',
    hint: 'Browser to browser: patchbay introduces the two, sound and picture go directly.',
  },
  {
    value: 'proxy',
    name: 'Through the server',
    hint: 'Sound and picture go through the media server, which can mute, limit and record each side.',
  },
];

interface Props {
  readonly value: Way;
  onChange(way: Way): void;
}

/** Which way a call by a link goes. */
export function WayPicker(props: Props) {
  return <Choice legend="Way" options={ways} testIdPrefix="way-" {...props} />;
}
