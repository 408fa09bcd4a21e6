import { FreeSwitchChannel, type Place } from '../../../lib/backends/freeswitch/channel.ts';
import type { FreeSwitchConnection } from '../../../lib/backends/freeswitch/connection.ts';
import { OpenFiles } from '../../../lib/backends/freeswitch/recorder.ts';
import type { EslCommand } from '../../../lib/backends/freeswitch/requests.ts';
import type { Clock } from '../../../lib/domain/clock.ts';
import { systemClock } from '../../../lib/domain/clock.ts';

type Answer = (command: string) => string | Promise<string>;

/** What is a connection to those who move, reconcile and record channels: what it is asked, and what it answers, is the test's. */
export class FakeConnection {
  readonly tag = 'patchbay-test';
  readonly channels = new Map<string, FreeSwitchChannel>();
  readonly files = new OpenFiles();
  readonly asked: string[] = [];
  readonly ends: string[] = [];
  readonly logged: string[] = [];
  answer: Answer = () => '+OK';
  readonly options: {
    readonly clock: Clock;
    readonly log: Readonly<Record<'debug' | 'warn', (f: object, m: string) => void>>;
  };

  constructor(clock: Clock = systemClock) {
    const write = (_: object, message: string) => this.logged.push(message);
    this.options = { clock, log: { debug: write, warn: write } };
  }

  /** As its users see it: only these members are used. */
  get connection(): FreeSwitchConnection {
    return this as unknown as FreeSwitchConnection;
  }

  request(command: EslCommand): Promise<string> {
    this.asked.push(command);
    return Promise.resolve().then(() => this.answer(command));
  }

  /** A channel that FreeSWITCH has. */
  channel(number: number, place: Place = { kind: 'parked' }): FreeSwitchChannel {
    const id = idOf(number);
    const gone = (cause: string) => {
      this.channels.delete(id);
      this.ends.push(`${number} ${cause}`);
    };
    const channel = new FreeSwitchChannel(id, { moved: () => {}, gone });
    channel.isThere = true;
    channel.found(place);
    this.channels.set(id, channel);
    return channel;
  }
}

export const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
