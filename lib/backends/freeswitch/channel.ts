import { withTimeout } from '../../domain/with-timeout.ts';
import type { PatchbayError } from '../../protocol/errors.ts';
import { channelGone } from './errors.ts';
import type { ChannelEvent } from './events.ts';

/** FreeSWITCH says `+OK` to a command some 100 ms before it takes effect; what takes longer does not happen. */
export const effectMs = 2000;

/** Where a channel's media is; `none`: not there yet, or it is not known. */
export type Place =
  | { readonly kind: 'none' | 'parked' | 'echoing' }
  | { readonly kind: 'bridged'; readonly peerId: string }
  | { readonly kind: 'joined'; readonly room: string; readonly conferenceId: string; readonly member: number };

export interface ChannelListener {
  /** It is somewhere else now. */
  moved(place: Place): void;
  /** It is over; nothing follows. */
  gone(cause: string): void;
}

interface Waiting {
  readonly fits: (place: Place) => boolean;
  readonly promise: PromiseWithResolvers<void>;
}

/** One channel of FreeSWITCH, under a uuid that we gave it: where it is, as its events tell. */
export class FreeSwitchChannel {
  readonly id: string;
  /** FreeSWITCH has it, and lists it. */
  isThere = false;
  /** It is offered to a client whose answer must go by the SIP connection that the offer came by. */
  isRinging = false;
  /** It was to be parked, and FreeSWITCH could not be told. */
  isAstray = false;
  readonly #listener: ChannelListener;
  readonly #waiting = new Set<Waiting>();
  #place: Place = { kind: 'none' };
  #sequence = Number.NEGATIVE_INFINITY;
  #end: { readonly cause: string; readonly isTold: boolean } | undefined;

  constructor(id: string, listener: ChannelListener) {
    this.id = id;
    this.#listener = listener;
  }

  get place(): Place {
    return this.#place;
  }

  get isGone(): boolean {
    return this.#end !== undefined;
  }

  /** It is over, and FreeSWITCH has not said so: it will say nothing else of it either. */
  get isLost(): boolean {
    return this.#end?.isTold === false;
  }

  /** @throws PatchbayError fs_channel_stop */
  requireThere(): void {
    if (this.#end) throw channelGone(this.#end.cause);
  }

  /**
   * Resolves when the channel is there by an event from now on.
   *
   * @throws PatchbayError fs_channel_stop; `late()` when it is not there in time
   */
  async reaches(fits: (place: Place) => boolean, late: () => PatchbayError, timeoutMs = effectMs): Promise<void> {
    this.requireThere();
    const waiting = { fits, promise: Promise.withResolvers<void>() };
    this.#waiting.add(waiting);
    try {
      await withTimeout(waiting.promise.promise, timeoutMs, late);
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** @param sequence of the event among all: one that was overtaken says nothing about where the channel is now */
  told(event: ChannelEvent, sequence?: number): void {
    if (this.#end) return;
    if (event.kind === 'hung up') {
      this.#over({ cause: event.cause, isTold: true });
      return;
    }
    if (sequence !== undefined && sequence < this.#sequence) return;
    this.#sequence = sequence ?? this.#sequence;
    this.found(placeIn(event, this.id));
  }

  /** It is there, however that became known. */
  found(place: Place): void {
    if (this.#end) return;
    this.#place = place;
    for (const { fits, promise } of this.#waiting) if (fits(place)) promise.resolve();
    this.#listener.moved(place);
  }

  /** It is over, though FreeSWITCH has not said so. */
  end(cause: string): void {
    this.#over({ cause, isTold: false });
  }

  #over(end: { readonly cause: string; readonly isTold: boolean }): void {
    if (this.#end) return;
    this.#end = end;
    for (const { promise } of this.#waiting) promise.reject(channelGone(end.cause));
    this.#listener.gone(end.cause);
  }
}

/** Where an event says that one of its channels is. */
function placeIn(event: Exclude<ChannelEvent, { kind: 'hung up' }>, id: string): Place {
  switch (event.kind) {
    case 'bridged':
      return { kind: 'bridged', peerId: event.id === id ? event.peerId : event.id };
    case 'joined': {
      const { kind, room, conferenceId, member } = event;
      return { kind, room, conferenceId, member };
    }
    default:
      return { kind: event.kind };
  }
}
