import { expect } from 'vitest';
import type { MediaPlace } from '../../lib/backends/backend.ts';
import { type FreeSwitchStage, hears, type Leg, type LegOptions } from './freeswitch-stage.ts';

export type Type = MediaPlace['type'];

/** From park by every change that there is, each once: twelve ordered pairs. */
export const allChanges: readonly Type[] = [
  ...(['echo', 'park', 'bridge', 'park', 'mcu', 'echo', 'bridge', 'echo', 'mcu', 'bridge', 'mcu', 'park'] as const),
];

/** Somebody to be bridged with, and a room with somebody in it. */
export async function company(stage: FreeSwitchStage, options: LegOptions = {}) {
  const room = stage.openRoom();
  const [peer, member] = [
    await stage.connected('park', { hz: 660, ...options }),
    await stage.connected('mcu', { hz: 880, ...options, spec: { room } }),
  ];
  return { room, peer, member };
}
export type Company = Awaited<ReturnType<typeof company>>;

export const placeOf = (type: Type, { room, peer }: Company): MediaPlace => {
  if (type === 'mcu') return { type, room };
  return type === 'bridge' ? { type, peer: peer.session } : { type };
};

/** Takes it through all changes, and has a look at each. */
export async function takeThrough(leg: Leg, others: Company, look: (type: Type) => Promise<void>): Promise<void> {
  let from: Type = 'park';
  for (const to of allChanges) {
    try {
      await leg.session.changeType?.(placeOf(to, others));
      await look(to);
    } catch (error) {
      throw new Error(`from ${from} to ${to}`, { cause: error });
    }
    from = to;
  }
  expect(leg.sink.ends).toBe(0);
}

/** Its media is where it should be: what it hears, and who hears it. */
export async function isHeardIn(type: Type, leg: Leg, { peer, member }: Company): Promise<void> {
  if (type === 'echo') await hears(leg, leg);
  if (type === 'bridge') await Promise.all([hears(leg, peer), hears(peer, leg)]);
  if (type === 'mcu') await Promise.all([hears(leg, member), hears(member, leg)]);
}
