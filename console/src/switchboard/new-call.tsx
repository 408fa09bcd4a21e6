import '../call/call-body.css';
import './new-call.css';
import type { Ref } from 'preact';
import { useState } from 'preact/hooks';
import type { SourceKind } from '../call/source.ts';
import { SourcePicker } from '../call/source-picker.tsx';
import { Check } from '../shell/check.tsx';
import { Icon } from '../shell/icon.tsx';
import { EngineNotice } from './engine-notice.tsx';
import { PlaceFields, type Surroundings } from './place-fields.tsx';
import { parked, placeTypes } from './place-wish.ts';
import type { CallWish } from './switched-call.ts';
import type { EngineState } from './use-engine.ts';

interface Props {
  readonly surroundings: Surroundings;
  readonly engine: EngineState;
  readonly isOnline: boolean;
  readonly start: Ref<HTMLButtonElement>;
  onStart(source: SourceKind, wish: CallWish): void;
}

/** Says what a call is to be, and starts it. */
export function NewCall({ surroundings, engine, isOnline, start, onStart }: Props) {
  const [place, setPlace] = useState(parked);
  const [source, setSource] = useState<SourceKind>('camera');
  const [isServerOffering, setIsServerOffering] = useState(false);
  const [isParkedAfterPeer, setIsParkedAfterPeer] = useState(true);
  const isPossible = isOnline && engine !== 'missing' && engine !== 'down';
  return (
    <section class="card" aria-label="New call">
      <div class="card-head">
        <h2>New call</h2>
      </div>
      <EngineNotice state={engine} />
      <form
        class="call-body new-call"
        aria-label="New call"
        onSubmit={(event) => {
          event.preventDefault();
          const offerBy = isServerOffering ? 'server' : 'client';
          onStart(source, { place, offerBy, stopsAfterPeer: !isParkedAfterPeer });
        }}
      >
        <PlaceFields testIdPrefix="new-" value={place} onChange={setPlace} {...surroundings} />
        <p class="new-call-hint">{placeTypes.find(({ value }) => value === place.type)?.hint}</p>
        <Check
          label="patchbay makes the offer, and this page answers it"
          testId="new-server-offers"
          isOn={isServerOffering}
          onChange={setIsServerOffering}
        />
        <Check
          label="Parked when its peer leaves a bridge, not ended"
          testId="new-parked-after-peer"
          isOn={isParkedAfterPeer}
          onChange={setIsParkedAfterPeer}
        />
        <SourcePicker value={source} onChange={setSource} />
        <button
          ref={start}
          type="submit"
          class="button button-primary button-big"
          data-testid="new-start"
          disabled={!isPossible}
        >
          <Icon name="call" />
          Start call
        </button>
      </form>
    </section>
  );
}
