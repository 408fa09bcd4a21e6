import './type-switcher.css';
import { useEffect, useState } from 'preact/hooks';
import { PlaceFields, type Surroundings } from './place-fields.tsx';
import { type PlaceWish, parked, placeTypes } from './place-wish.ts';

interface Props extends Surroundings {
  /** What the call is now. */
  readonly type: string | undefined;
  readonly isDisabled: boolean;
  onSwitch(place: PlaceWish): void;
}

/** Brings a live call to another place. */
export function TypeSwitcher({ type, isDisabled, onSwitch, ...surroundings }: Props) {
  const [place, setPlace] = useState(parked);
  useEffect(() => {
    const now = placeTypes.find(({ value }) => value === type)?.value;
    if (now) setPlace((before) => ({ ...before, type: now }));
  }, [type]);
  return (
    <form
      class="switcher"
      aria-label="Switch"
      onSubmit={(event) => {
        event.preventDefault();
        onSwitch(place);
      }}
    >
      <PlaceFields testIdPrefix="switch-" value={place} onChange={setPlace} {...surroundings} />
      <button type="submit" class="button" data-testid="switch" disabled={isDisabled}>
        Switch
      </button>
    </form>
  );
}
