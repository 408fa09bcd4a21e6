import { type PatchbayEvent, startCall } from '../../../lib/client/index.ts';
import { isSamePlace, readPlace } from '../call/place.ts';
import { SendingCall } from '../call/sending-call.ts';
import type { SourceKind } from '../call/source.ts';
import { type PlaceWish, typeFields } from './place-wish.ts';

export interface CallWish {
  readonly place: PlaceWish;
  readonly offerBy: 'client' | 'server';
  /** Whether it ends when whom it is bridged with leaves, or is parked. */
  readonly stopsAfterPeer: boolean;
}

/** A call of FreeSWITCH, which goes from one place to another while it lives. */
export class SwitchedCall extends SendingCall {
  /** Never rejects: what went wrong is in the state. */
  start(kind: SourceKind, { place, offerBy, stopsAfterPeer }: CallWish): Promise<void> {
    const { type, ...fields } = typeFields(place);
    const session = { ...fields, backend: 'freeswitch', stop_after_peer: stopsAfterPeer };
    return this.runner.start(kind, {
      make: (stream, signal) => startCall(this.client, { type, offerBy, stream, signal, session }),
      follow: (call) => [...this.follow(call), call.onEvent((event) => this.#follow(event))],
    });
  }

  /** Never rejects: what went wrong is in the state. */
  switchTo(place: PlaceWish): Promise<void> {
    return this.change('Switching failed', async ({ sessionId }) => {
      await this.client.request('session/set_type', { ...typeFields(place), session_id: sessionId });
      return {};
    });
  }

  /** Where it is, its events tell: others move it, too. */
  #follow({ type, body }: PatchbayEvent): void {
    if (type !== 'created' && type !== 'type') return;
    const place = readPlace(body);
    const { places } = this.runner.state;
    if (!isSamePlace(place, places.at(-1))) this.runner.change({ places: [...places, place] });
  }
}
