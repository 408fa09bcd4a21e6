import type { SessionType } from '../../protocol/session.ts';
import type { LiveRoom } from '../room/live-room.ts';
import type { LiveSession } from './live-session.ts';
import type { Binding } from './spec.ts';
import type { TypeWish } from './type-change.ts';
import { typeFields } from './view.ts';

/** Of what type a session is, and in which room. Changes in its queue, or while that is held. */
export class Whereabouts {
  readonly #session: LiveSession;
  readonly #changed: () => void;
  #type: SessionType;
  #room: LiveRoom | undefined;

  constructor(session: LiveSession, { type, room }: Binding, changed: () => void) {
    this.#session = session;
    this.#changed = changed;
    this.#type = type;
    this.#room = room;
  }

  get type(): SessionType {
    return this.#type;
  }
  get room(): LiveRoom | undefined {
    return this.#room;
  }

  /** The engine has made it so. */
  became(wish: TypeWish): void {
    const before = this.#room;
    this.#type = wish.type;
    this.#room = wish.type === 'mcu' ? wish.seat.room : undefined;
    if (before !== this.#room) {
      before?.leave(this.#session);
      this.#room?.memberStarted(this.#session);
    }
    this.#session.voice.emit('type', { type: wish.type, ...typeFields(this.#session) });
    this.#changed();
  }
}
