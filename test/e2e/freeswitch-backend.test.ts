import { describe, expect, test } from 'vitest';
import type { SdpType } from '../../lib/protocol/session.ts';
import { engineKinds } from '../support/freeswitch-backend.ts';
import { flows, hears, type Leg, type LegOptions, type Role, useFreeSwitch } from '../support/freeswitch-stage.ts';

const roles: readonly Role[] = ['offeree', 'offerer'];
const sdpTypes: readonly SdpType[] = ['webrtc', 'rtp'];
const kinds = roles.flatMap((role) => sdpTypes.map((sdpType) => ({ role, sdpType })));
const [ownHz, otherHz] = [440, 660];

const isUp = (leg: Leg) =>
  expect(leg.sink.statuses).toEqual(leg.end.sdpType === 'webrtc' ? [{ class: 'webrtc', status: 'up' }] : []);

describe.each(engineKinds)('a call of FreeSWITCH, the %s', (engine) => {
  const world = useFreeSwitch(engine);
  const connected = (type: 'park' | 'echo' | 'bridge' | 'mcu', options: LegOptions) =>
    world.stage.connected(type, { hz: ownHz, ...options });

  describe.each(kinds)('with patchbay as $role, $sdpType', (kind) => {
    test('is parked', async () => {
      const leg = await connected('park', kind);
      isUp(leg);
      await world.bench.hasChannels(1);
      expect((await world.bench.channels()).map(({ uuid }) => uuid)).toEqual([leg.id]);
    });

    test('comes back in an echo', async () => {
      const leg = await connected('echo', kind);
      await flows(leg);
      await hears(leg, leg);
      isUp(leg);
    });

    test.each(sdpTypes)('is carried across a bridge to a call of %s and back', async (sdpType) => {
      const peer = await connected('park', { sdpType, hz: otherHz });
      const leg = await connected('bridge', kind);
      await leg.session.changeType?.({ type: 'bridge', peer: peer.session });
      await Promise.all([hears(leg, peer), hears(peer, leg)]);
      isUp(leg);
    });

    test.each(sdpTypes)('is heard by the other member of a room, of %s, and hears it', async (sdpType) => {
      const room = world.stage.openRoom();
      const [leg, other] = [
        await connected('mcu', { ...kind, spec: { room } }),
        await connected('mcu', { sdpType, hz: otherHz, spec: { room } }),
      ];
      await Promise.all([hears(leg, other), hears(other, leg)]);
    });
  });
});
