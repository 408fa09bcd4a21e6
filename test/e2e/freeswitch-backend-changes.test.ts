import { describe, expect, test } from 'vitest';
import type { SdpType } from '../../lib/protocol/session.ts';
import { engineKinds } from '../support/freeswitch-backend.ts';
import { flows, type Role, useFreeSwitch } from '../support/freeswitch-stage.ts';
import { company, isHeardIn, takeThrough } from '../support/freeswitch-walk.ts';

const roles: readonly Role[] = ['offeree', 'offerer'];
const sdpTypes: readonly SdpType[] = ['webrtc', 'rtp'];

const audioOf = (direction: string) => (sdp: string) => sdp.replaceAll('a=sendrecv', `a=${direction}`);
const candidates = (...lines: readonly string[]) =>
  lines.map((line, index) => `a=candidate:${index + 1} 1 udp 2122260223 ${line} typ host\r\n`).join('');
const withCandidates =
  (...addresses: readonly string[]) =>
  (sdp: string) =>
    `${sdp}${candidates(...addresses.map((address) => `${address} 50000`))}`;

describe.each(engineKinds)('changes of type on FreeSWITCH, the %s', (engine) => {
  const world = useFreeSwitch(engine);

  test.each(roles.flatMap((role) => sdpTypes.map((sdpType) => ({ role, sdpType }))))(
    'from each to each other keep the media of a call with patchbay as $role, $sdpType',
    async (kind) => {
      const others = await company(world.stage);
      const leg = await world.stage.connected('park', kind);
      const states: string[] = [];
      leg.peerConnection?.addEventListener('iceconnectionstatechange', () =>
        states.push(leg.peerConnection?.iceConnectionState ?? ''),
      );
      await takeThrough(leg, others, (type) => isHeardIn(type, leg, others));
      expect(states.filter((state) => !/connected|completed/.test(state))).toEqual([]);
      expect(world.bench.reinvites()).toBe(0);
      await world.bench.hasChannels(3);
    },
  );

  test.each(['recvonly', 'sendonly', 'inactive'])(
    'with audio %s never invite the client anew, who has the answer that fits',
    async (direction) => {
      for (const role of roles) {
        const others = await company(world.stage);
        const leg = await world.stage.connected('park', { role, sdpType: 'webrtc', says: audioOf(direction) });
        const phone = await world.stage.connected('park', { role, says: audioOf(direction) });
        await takeThrough(leg, others, async () => {});
        await takeThrough(phone, others, async () => {});
      }
      expect(world.bench.reinvites()).toBe(0);
    },
  );

  test.each([
    ['names for addresses', withCandidates('3f2a7e9c-0000-4000-8000-000000000000.local')],
    ['IPv6 addresses', withCandidates('2001:db8::1', 'fe80::1')],
    ['private addresses of somebody else', withCandidates('10.1.2.3', '192.168.7.7')],
    ['no address', (sdp: string) => sdp],
  ] as const)('work for a client that tells %s only', async (_, says) => {
    for (const role of roles) {
      const others = await company(world.stage);
      const leg = await world.stage.connected('park', { role, sdpType: 'webrtc', says });
      await takeThrough(leg, others, async (type) => {
        if (type !== 'park') await flows(leg);
      });
    }
    expect(world.bench.reinvites()).toBe(0);
  });
});
