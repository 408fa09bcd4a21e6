import * as z from 'zod/mini';
import type { Place } from './channel.ts';

/** What FreeSWITCH lists when it is asked: channels by `show channels as json`, members by `conference NAME json_list`. */

const row = z.object({
  uuid: z.string(),
  /** The only one of its numbers that stays what it was: of ours, the node's tag. */
  initial_cid_num: z.optional(z.string()),
  state: z.optional(z.string()),
  callstate: z.optional(z.string()),
  application: z.optional(z.string()),
  application_data: z.optional(z.string()),
});
export type ChannelRow = z.output<typeof row>;

const channelList = z.object({ rows: z.optional(z.array(row)) });
const conferenceList = z.array(
  z.object({
    conference_uuid: z.string(),
    members: z.array(z.object({ id: z.number(), uuid: z.optional(z.string()) })),
  }),
);

/** @throws when it is no such list */
export const readChannels = (answer: string): ChannelRow[] => channelList.parse(JSON.parse(answer)).rows ?? [];

export interface ListedPlace {
  readonly kind: Exclude<Place['kind'], 'none'>;
  /** The peer's uuid, or the room. */
  readonly with: string;
}

/** Where a channel is; undefined where its row does not say so, or its client is not there yet. */
export function listedPlace({
  state,
  callstate,
  application,
  application_data = '',
}: ChannelRow): ListedPlace | undefined {
  if (callstate !== 'ACTIVE') return undefined;
  // Its application is what it was before it was parked.
  if (state === 'CS_PARK') return { kind: 'parked', with: '' };
  if (application === 'uuid_bridge') return { kind: 'bridged', with: application_data };
  if (state !== 'CS_EXECUTE') return undefined;
  if (application === 'park') return { kind: 'parked', with: '' };
  if (application === 'echo') return { kind: 'echoing', with: '' };
  return application === 'conference'
    ? { kind: 'joined', with: /^[^@+]*/.exec(application_data)?.[0] ?? '' }
    : undefined;
}

export const isListedAs = (place: Place, listed: ListedPlace): boolean =>
  place.kind === listed.kind &&
  (place.kind !== 'bridged' || place.peerId === listed.with) &&
  (place.kind !== 'joined' || place.room === listed.with);

/** As which member of a conference a channel is there. */
export function listedMember(answer: string, id: string): { conferenceId: string; member: number } | undefined {
  for (const { conference_uuid, members } of conferenceList.parse(JSON.parse(answer))) {
    const found = members.find(({ uuid }) => uuid === id);
    if (found) return { conferenceId: conference_uuid, member: found.id };
  }
  return undefined;
}
