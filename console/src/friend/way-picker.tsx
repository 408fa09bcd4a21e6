import { useId } from 'preact/hooks';
import type { Way } from './invitation.ts';

export const ways: readonly { way: Way; name: string; hint: string }[] = [
  {
    way: 'p2p',
    name: 'Direct',
    hint: 'Browser to browser: patchbay introduces the two, sound and picture go directly.',
  },
  {
    way: 'proxy',
    name: 'Through the server',
    hint: 'Sound and picture go through the media server, which can mute, limit and record each side.',
  },
];

interface Props {
  readonly value: Way;
  onChange(way: Way): void;
}

/** Which way a call by a link goes. */
export function WayPicker({ value, onChange }: Props) {
  const group = useId();
  return (
    <fieldset class="sources">
      <legend class="unseen">Way</legend>
      {ways.map(({ way, name }) => (
        <label key={way} class="source" data-testid={`way-${way}`}>
          <input
            class="unseen"
            type="radio"
            name={group}
            value={way}
            checked={way === value}
            onChange={() => onChange(way)}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
