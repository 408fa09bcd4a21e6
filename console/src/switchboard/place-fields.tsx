import '../shell/form-rows.css';
import { useId } from 'preact/hooks';
import type { SessionSummary } from '../../../lib/client/index.ts';
import { Choice } from '../shell/choice.tsx';
import { shortId } from '../shell/short-id.ts';
import { type PlaceWish, placeTypes, roomTypes } from './place-wish.ts';

/** What there is to be with, or in. */
export interface Surroundings {
  /** Sessions on FreeSWITCH that are ready. */
  readonly peers: readonly SessionSummary[];
  readonly roomIds: readonly string[];
  /** Asks what there is now: of other tabs' sessions no events come. */
  look(): void;
}

interface Props extends Surroundings {
  readonly testIdPrefix: string;
  readonly value: PlaceWish;
  onChange(value: PlaceWish): void;
}

/** Chooses a type, and what that type needs. */
export function PlaceFields({ testIdPrefix, value, peers, roomIds, look, onChange }: Props) {
  const id = useId();
  const { type, roomId, roomType, peerId } = value;
  return (
    <>
      <Choice
        legend="Type"
        options={placeTypes}
        value={type}
        testIdPrefix={`${testIdPrefix}type-`}
        onChange={(type) => {
          look();
          onChange({ ...value, type });
        }}
      />
      {type === 'mcu' && (
        <div class="form-rows">
          <label for={`${id}-room`}>Room</label>
          <input
            id={`${id}-room`}
            data-testid={`${testIdPrefix}room`}
            list={`${id}-rooms`}
            autocomplete="off"
            spellcheck={false}
            maxLength={128}
            placeholder="made by the server"
            value={roomId}
            onInput={({ currentTarget }) => onChange({ ...value, roomId: currentTarget.value.trim() })}
          />
          <datalist id={`${id}-rooms`}>
            {roomIds.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <label for={`${id}-type`}>Room type</label>
          <select
            id={`${id}-type`}
            data-testid={`${testIdPrefix}room-type`}
            value={roomType}
            onChange={({ currentTarget }) => onChange({ ...value, roomType: currentTarget.value })}
          >
            <option value="">as the room is, or the default</option>
            {roomTypes.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      )}
      {type === 'bridge' && (
        <div class="form-rows">
          <label for={`${id}-peer`}>With</label>
          <select
            id={`${id}-peer`}
            data-testid={`${testIdPrefix}peer`}
            required
            onFocus={look}
            value={peers.some(({ session_id }) => session_id === peerId) ? peerId : ''}
            onChange={({ currentTarget }) => onChange({ ...value, peerId: currentTarget.value })}
          >
            <option value="">{peers.length === 0 ? 'no other session is ready' : 'choose a session'}</option>
            {peers.map(({ session_id, type, user_id }) => (
              <option key={session_id} value={session_id}>
                {shortId(session_id)}, {type}, of {user_id}
              </option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}
