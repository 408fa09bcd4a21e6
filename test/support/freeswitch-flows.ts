import type { SessionFields } from '../../lib/client/index.ts';
import type { HearingEnd } from './freeswitch-ends.ts';
import type { FreeSwitchStack, FreeSwitchType, Opened } from './freeswitch-stack.ts';
import { until } from './until.ts';

/** A session that is what it was made, and where its media arrives: nowhere from park, until that becomes an echo. */
export interface FreeSwitchFlow {
  readonly held: Opened;
  readonly receiver: HearingEnd;
  close(): Promise<void>;
}

/** @param other makes the media of whoever is at the other end, where the type has one */
export async function openFreeSwitchFlow(
  world: FreeSwitchStack,
  type: FreeSwitchType,
  end: HearingEnd,
  other: () => Promise<HearingEnd>,
  fields: SessionFields = {},
): Promise<FreeSwitchFlow> {
  const peer = type === 'bridge' ? await world.openWith(await other(), 'park') : undefined;
  const held = await world.openWith(end, type, { ...fields, ...(peer && { peer_id: peer.sessionId }) });
  if (peer) await until('it is bridged', async () => (await world.info(held)).peer_id === peer.sessionId);
  const member =
    type === 'mcu' ? await world.openWith(await other(), type, { room_id: held.reply.room_id }) : undefined;
  const receiver = (member ?? peer)?.end ?? end;
  return {
    held,
    receiver,
    async close() {
      await world.hangUp(held);
      // A peer ends with its bridge.
      if (member) await world.hangUp(member);
      else await receiver.close();
    },
  };
}
