import './place-line.css';
import { type Place, placeName } from '../call/place.ts';
import { hashOf } from '../shell/route.ts';

const shown = 5;

/** Where a call is, and where it came from: the `type` events of its session. */
export function PlaceLine({ places }: { places: readonly Place[] }) {
  const now = places.at(-1);
  const before = places.slice(-shown, -1);
  return (
    <p class="place-line" role="status" data-testid="place" data-type={now?.type} hidden={now === undefined}>
      {places.length > shown && '… '}
      {before.map((place, index) => (
        <span key={places.length - index} class="place-before">
          {placeName(place)} →{' '}
        </span>
      ))}
      {now && <strong title={now.otherId ?? now.roomId}>{placeName(now)}</strong>}
      {now?.type === 'mcu' && now.roomId !== undefined && (
        <a href={hashOf({ page: 'rooms', roomId: now.roomId })}>Open the room</a>
      )}
    </p>
  );
}
