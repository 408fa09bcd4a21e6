import type { Phone } from './freeswitch-phones.ts';

export const crowdSize = 20;

/** Twenty calls of all types, half of them offered by FreeSWITCH: 6 echo, 4 park, 3 bridges, two rooms of 2. */
export async function startCrowd(phones: readonly Phone[]): Promise<void> {
  const role = (at: number) => (at % 2 === 0 ? 'offeree' : 'offerer');
  const call = (at: number, data: Record<string, unknown>) => phones[at]?.calls(data, role(at));
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  await Promise.all([
    ...range(0, 6).map((at) => call(at, { type: 'echo' })),
    ...range(6, 13).map((at) => call(at, { type: 'park', stop_after_peer: false })),
    ...range(13, 17).map((at) => call(at, { type: 'mcu', room_id: `crowd-${at % 2}` })),
  ]);
  await Promise.all(range(17, crowdSize).map((at) => call(at, { type: 'bridge', peer_id: phones[at - 7]?.sessionId })));
}
