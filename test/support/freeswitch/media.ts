import type { Channel } from './channels.ts';
import { silenced } from './rtp-port.ts';

/**
 * Where a packet of a channel goes: in echo back, in a bridge across, in a conference to every other member, one by one
 * and unmixed; nowhere from park or limbo. A muted channel is passed on as silence.
 */
export function route(channel: Channel, payload: Buffer, payloadType: number): void {
  const passed = channel.readMuted ? silenced(payload) : payload;
  for (const listener of listenersOf(channel)) listener.rtp?.send(passed, payloadType);
}

function listenersOf(channel: Channel): readonly Channel[] {
  const { place } = channel;
  if (place.at === 'echo') return [channel];
  if (place.at === 'bridge') return channel.partner ? [channel.partner] : [];
  if (place.at !== 'conference' || place.conference.memberOf(channel)?.muted) return [];
  return place.conference.members.map((member) => member.channel).filter((other) => other !== channel);
}
