import './check.css';

interface Props {
  readonly label: string;
  readonly testId: string;
  readonly isOn: boolean;
  onChange(isOn: boolean): void;
}

/** Yes or no. */
export function Check({ label, testId, isOn, onChange }: Props) {
  return (
    <label class="check">
      <input
        type="checkbox"
        data-testid={testId}
        checked={isOn}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      {label}
    </label>
  );
}
