import type { FreeSwitchAddress } from '../../lib/backends/freeswitch/url.ts';
import { EslWire } from './freeswitch/esl-wire.ts';

/** Asks FreeSWITCH itself. */
export type AskEngine = (command: string) => Promise<string>;

/** By a connection for each question: it may die between two. */
export const askAt =
  ({ eslPort, password }: FreeSwitchAddress): AskEngine =>
  async (command) => {
    const wire = await EslWire.login(eslPort, password);
    try {
      return await wire.api(command);
    } finally {
      wire.close();
    }
  };

/** A channel as FreeSWITCH shows it. */
export interface SeenChannel {
  readonly uuid: string;
  /** The tag of its node. */
  readonly owner: string;
  readonly place: Place;
}

const places = ['park', 'echo', 'mcu', 'bridge', 'nowhere'] as const;
type Place = (typeof places)[number];

interface Row {
  readonly uuid: string;
  readonly initial_cid_num: string;
  readonly state: string;
  readonly application: string;
}

/** Some 200 ms behind. */
export async function seenChannels(ask: AskEngine): Promise<SeenChannel[]> {
  const { rows = [] } = JSON.parse(await ask('show channels as json')) as { rows?: Row[] };
  return rows.map((row) => ({ uuid: row.uuid, owner: row.initial_cid_num, place: placeOf(row) }));
}

/** What there is: sessions by their types, and how many members each room has. */
export interface Census {
  readonly sessions: Readonly<Record<string, number>>;
  readonly rooms: readonly number[];
}

export const census = (types: readonly string[], rooms: readonly number[]): Census => ({
  sessions: Object.fromEntries(places.map((place) => [place, types.filter((type) => type === place).length])),
  rooms: rooms.toSorted(),
});

/** What FreeSWITCH has. */
export async function seenCensus(ask: AskEngine): Promise<Census> {
  const conferences = JSON.parse(await ask('conference json_list')) as { member_count: number }[];
  const channels = await seenChannels(ask);
  return census(
    channels.map(({ place }) => place),
    conferences.map(({ member_count }) => member_count),
  );
}

/** A bridge or a park leaves the last application as it was; a channel's state tells of them. */
function placeOf({ state, application }: Row): Place {
  if (state === 'CS_PARK') return 'park';
  if (application === 'uuid_bridge' && (state === 'CS_SOFT_EXECUTE' || state === 'CS_EXCHANGE_MEDIA')) return 'bridge';
  if (state !== 'CS_EXECUTE') return 'nowhere';
  if (application === 'park' || application === 'echo') return application;
  return application === 'conference' ? 'mcu' : 'nowhere';
}
