import type { Clock } from '../../domain/clock.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { FreeSwitchChannel, Place } from './channel.ts';
import type { FreeSwitchConnection } from './connection.ts';
import { type ChannelRow, isListedAs, type ListedPlace, listedMember, listedPlace, readChannels } from './listing.ts';
import { channels, type EslCommand, isChannelId, kill, members, park } from './requests.ts';

const everyMs = 60_000;
/** `show channels` lags behind by some 200 ms: what it says counts when it says it twice. */
const lookAgainMs = 500;

type Ask = (command: EslCommand) => Promise<string>;

interface Differences {
  /** Ours that are not there any more. */
  readonly lost: ReadonlySet<string>;
  /** With our tag and without an owner. */
  readonly strays: ReadonlySet<string>;
  /** Ours that are somewhere else than we know. */
  readonly elsewhere: ReadonlyMap<string, { readonly listed: ListedPlace; readonly known: Place }>;
}

/**
 * Makes FreeSWITCH and us agree: channels that bear our tag and have no owner are ended, owners of channels that are not
 * there any more are told, and where channels are is learnt. After each connect, and all but the last every minute while it
 * lasts.
 */
export class Reconciler {
  readonly #connection: FreeSwitchConnection;
  readonly #clock: Clock;
  #cancel: () => void = () => {};
  #isRunning = false;

  constructor(connection: FreeSwitchConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** What happened while FreeSWITCH was out of reach. Nobody must move channels meanwhile. @throws when it cannot be asked */
  async afterConnect(ask: Ask): Promise<void> {
    for (const [id, { listed, known }] of await this.#agree(ask)) {
      const channel = this.#connection.channels.get(id);
      if (channel?.place === known) await this.#find(ask, channel, listed);
    }
    const astray = [...this.#connection.channels.values()].filter((channel) => channel.isAstray);
    await Promise.all(astray.map((channel) => this.#park(ask, channel)));
  }

  start(): void {
    this.#isRunning = true;
    this.#later();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
  }

  #later(): void {
    this.#cancel = this.#clock.after(everyMs, () => void this.#pass());
  }

  async #pass(): Promise<void> {
    const connection = this.#connection;
    await this.#agree((command) => connection.request(command, 'show')).catch((error: unknown) => {
      connection.options.log.debug({ err: error }, 'freeswitch was not reconciled; the next time');
    });
    if (this.#isRunning) this.#later();
  }

  /** @returns who is somewhere else than we know, and not only because it has just moved */
  async #agree(ask: Ask): Promise<Differences['elsewhere']> {
    const before = await this.#differences(ask);
    if (before.lost.size + before.strays.size + before.elsewhere.size === 0) return before.elsewhere;
    await new Promise<void>((resolve) => {
      this.#clock.after(lookAgainMs, resolve);
    });
    const now = await this.#differences(ask);
    const { channels: ours, options } = this.#connection;
    for (const id of now.lost) if (before.lost.has(id)) ours.get(id)?.end('FreeSWITCH lost it');
    for (const id of now.strays) {
      if (!before.strays.has(id)) continue;
      await ask(kill(id));
      options.log.warn({ channel: id }, 'a freeswitch channel that nobody owned was ended');
    }
    return new Map([...now.elsewhere].filter(([id, { known }]) => before.elsewhere.get(id)?.known === known));
  }

  async #differences(ask: Ask): Promise<Differences> {
    const rows = readChannels(await ask(channels()));
    const { tag, channels: ours } = this.#connection;
    const there = new Set(rows.map(({ uuid }) => uuid));
    const known = [...ours.values()].filter(({ isThere }) => isThere);
    const isStray = ({ uuid, initial_cid_num }: ChannelRow) =>
      initial_cid_num === tag && !ours.has(uuid) && isChannelId(uuid);
    return {
      lost: new Set(known.map(({ id }) => id).filter((id) => !there.has(id))),
      strays: new Set(rows.filter(isStray).map(({ uuid }) => uuid)),
      elsewhere: new Map(
        rows.flatMap((row) => {
          const known = ours.get(row.uuid)?.place;
          const listed = listedPlace(row);
          return known && listed && !isListedAs(known, listed) ? [[row.uuid, { listed, known }] as const] : [];
        }),
      ),
    };
  }

  /** Nobody but us knows where it is: whose it is counts on it being parked. */
  async #park(ask: Ask, channel: FreeSwitchChannel): Promise<void> {
    channel.isAstray = false;
    if (channel.place.kind === 'parked') return;
    const parked = channel.reaches(
      ({ kind }) => kind === 'parked',
      () => new PatchbayError('fs_transfer_error'),
    );
    await Promise.allSettled([ask(park(channel.id)), parked]);
  }

  async #find(ask: Ask, channel: FreeSwitchChannel, { kind, with: other }: ListedPlace): Promise<void> {
    if (kind === 'bridged') return channel.found({ kind, peerId: other });
    if (kind !== 'joined') return channel.found({ kind });
    const member = listedMember(await ask(members(other)), channel.id);
    if (member) channel.found({ kind, room: other, ...member });
  }
}
