import './choice.css';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

interface Option<Value> {
  readonly value: Value;
  readonly name: string;
  readonly icon?: IconName;
}

interface Props<Value> {
  /** What is chosen, for who does not see that it is a group. */
  readonly legend: string;
  readonly options: readonly Option<Value>[];
  readonly value: Value;
  readonly testIdPrefix?: string;
  onChange(value: Value): void;
}

/** One of a few, all of them in sight. */
export function Choice<Value extends string>({ legend, options, value, testIdPrefix, onChange }: Props<Value>) {
  const group = useId();
  return (
    <fieldset class="choice">
      <legend class="unseen">{legend}</legend>
      {options.map(({ value: one, name, icon }) => (
        <label
          key={one}
          class="choice-one"
          data-testid={testIdPrefix === undefined ? undefined : `${testIdPrefix}${one}`}
        >
          <input
            class="unseen"
            type="radio"
            name={group}
            value={one}
            checked={one === value}
            onChange={() => onChange(one)}
          />
          {icon && <Icon name={icon} />}
          {name}
        </label>
      ))}
    </fieldset>
  );
}
