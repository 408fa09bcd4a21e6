import type { Chooser } from './chooser.ts';
import type { Phone } from './freeswitch-phones.ts';

/** Sets something up, then tells what happens at the same instant. */
type Crossing = (at: Stage) => Promise<readonly (() => Promise<unknown>)[]>;

/** Four phones that get into each other's way. */
export class Stage {
  readonly phones: readonly [Phone, Phone, Phone, Phone];
  readonly choose: Chooser;
  readonly #name: string;
  #rooms = 0;
  #what = '';
  #acts: (() => Promise<unknown>)[] = [];

  constructor(name: string, phones: readonly [Phone, Phone, Phone, Phone], choose: Chooser) {
    this.#name = name;
    this.phones = phones;
    this.choose = choose;
  }

  /** What the last round was. */
  get what(): string {
    return this.#what;
  }

  toString(): string {
    return `${this.#name}, ${this.#what}: ${this.phones.map(({ sessionId }) => sessionId).join(' ')}`;
  }

  /** All are in sessions of one node, and where the round begins. */
  async prepare(): Promise<void> {
    const [first, ...rest] = this.phones;
    if (!(await first.info())) await first.call({ type: this.#one(['park', 'echo']) }, this.role());
    const home = nodeOf(first);
    for (const phone of rest) {
      if (!(await phone.info())) phone.sessionId = '';
      if (nodeOf(phone) === home) continue;
      if (phone.sessionId !== '') await phone.tell('destroy');
      await phone.call({ type: 'bridge', peer_id: first.sessionId, stop_after_peer: false }, this.role());
    }
    const names = Object.keys(crossings);
    this.#what = this.#one(names);
    this.#acts = [...((await crossings[this.#what]?.(this)) ?? [])];
  }

  /** Everything at once, or nearly. */
  async cross(): Promise<void> {
    await Promise.all(
      this.#acts.map(async (act) => {
        const afterMs = this.choose.below(3) === 0 ? this.choose.below(40) : 0;
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        return act();
      }),
    );
  }

  role(): 'offeree' | 'offerer' {
    return this.#one(['offeree', 'offerer']);
  }

  freshRoom(): string {
    this.#rooms += 1;
    return `${this.#name}-${this.#rooms}`;
  }

  /** Any other type. */
  anyType(phone: Phone): Record<string, unknown> {
    const peer = this.#one(this.phones.filter((one) => one !== phone));
    const stop_after_peer = this.choose.below(2) === 0;
    return this.#one<Record<string, unknown>>([
      { type: 'park' },
      { type: 'echo' },
      { type: 'mcu', room_id: `${this.#name}-common` },
      { type: 'bridge', peer_id: peer.sessionId, stop_after_peer },
    ]);
  }

  /** Goes away from where it is. */
  leaves(phone: Phone): () => Promise<unknown> {
    return this.#one([
      () => phone.tell('destroy'),
      () => phone.tell('set_type', { type: 'echo' }),
      () => phone.tell('set_type', { type: 'park' }),
    ]);
  }

  /** Comes into a room, by a new session or with the one that it has. */
  joins(phone: Phone, room_id: string): () => Promise<unknown> {
    if (this.choose.below(2) === 0) return () => phone.tell('set_type', { type: 'mcu', room_id });
    const role = this.role();
    return async () => {
      await phone.tell('destroy');
      await phone.call({ type: 'mcu', room_id }, role);
    };
  }

  #one<T>(all: readonly T[]): T {
    const one = this.choose.of(all);
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }
}

const bridge = (peer: Phone) => ({ type: 'bridge', peer_id: peer.sessionId });

const crossings: Readonly<Record<string, Crossing>> = {
  'two types of one session': async (at) => {
    const [a] = at.phones;
    return [at.anyType(a), at.anyType(a)].map((type) => () => a.tell('set_type', type));
  },
  'two want the same peer': async ({ phones: [a, b, c] }) => [
    () => a.tell('set_type', bridge(b)),
    () => c.tell('set_type', bridge(b)),
  ],
  'another takes the peer that one has, and one leaves': async (at) => {
    const [a, b, c] = at.phones;
    await a.tell('set_type', bridge(b));
    return [() => c.tell('set_type', bridge(b)), at.leaves(a)];
  },
  'a ring of bridges': async ({ phones: [a, b, c] }) => [
    () => a.tell('set_type', bridge(b)),
    () => b.tell('set_type', bridge(c)),
    () => c.tell('set_type', bridge(a)),
  ],
  'both leave a bridge': async (at) => {
    const [a, b] = at.phones;
    await a.tell('set_type', { ...bridge(b), stop_after_peer: at.choose.below(2) === 0 });
    return [at.leaves(a), at.leaves(b)];
  },
  'two first joins on any node': async (at) => {
    const [, , c, d] = at.phones;
    const room_id = at.freshRoom();
    await Promise.all([c.tell('destroy'), d.tell('destroy')]);
    return [c, d].map((phone) => () => phone.call({ type: 'mcu', room_id }, 'offeree'));
  },
  'two first joins of sessions that there are': async (at) => {
    const [a, b] = at.phones;
    const room_id = at.freshRoom();
    return [at.joins(a, room_id), at.joins(b, room_id)];
  },
  'the last leaves as another comes': async (at) => {
    const [a, b, c] = at.phones;
    const room_id = at.freshRoom();
    await a.tell('set_type', { type: 'mcu', room_id });
    return [at.leaves(a), at.joins(b, room_id), ...(at.choose.below(2) === 0 ? [at.joins(c, room_id)] : [])];
  },
  'everybody anything': async (at) => at.phones.map((one) => () => one.tell('set_type', at.anyType(one))),
};

const nodeOf = ({ sessionId }: Phone) => sessionId.split('@')[1];
