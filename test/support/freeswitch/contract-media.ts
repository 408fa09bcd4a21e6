import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RtpEndpoint } from '../rtp-endpoint.ts';
import { until } from '../until.ts';
import type { ContractWorld } from './contract-world.ts';

const hz = { one: 660, two: 1000 };
const listenMs = 400;

export function mediaContract(world: () => ContractWorld): void {
  /** A phone in a call, that speaks. */
  const speaker = async (destination: string, toneHz: number) => {
    const phone = await world().phone(toneHz);
    const { id, final } = await world().call(destination, { sdp: phone.sdp });
    phone.speakTo(final.body);
    return { phone, id };
  };
  const hears = async (phone: RtpEndpoint, toneHz: number) => {
    const close = async () => Math.abs((await phone.pitchHz(listenMs)) - toneHz) < Math.max(toneHz * 0.1, 30);
    await until(`a phone hears ${toneHz} Hz`, close, 5000);
  };

  describe('media over RTP', () => {
    test('goes nowhere from park, and back in echo', async () => {
      const { phone, id } = await speaker('park', hz.one);
      await delay(300);
      expect(phone.packets).toBe(0);
      await world().esl.api(`uuid_transfer ${id} echo inline`);
      await hears(phone, hz.one);
    });

    test('is silence while it is muted', async () => {
      const { esl } = world();
      const { phone, id } = await speaker('echo', hz.one);
      await hears(phone, hz.one);
      await esl.api(`uuid_audio ${id} start read mute 1`);
      await hears(phone, 0);
      await esl.api(`uuid_audio ${id} stop`);
      await hears(phone, hz.one);
    });

    test('crosses a bridge both ways, and stops when that ends', async () => {
      const { esl } = world();
      const one = await speaker('park', hz.one);
      const two = await speaker('park', hz.two);
      await esl.api(`uuid_bridge ${one.id} ${two.id}`);
      await esl.event('CHANNEL_BRIDGE', { 'Unique-ID': one.id });
      await Promise.all([hears(one.phone, hz.two), hears(two.phone, hz.one)]);
      await esl.api(`uuid_park ${one.id}`);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': two.id });
      await delay(100);
      const before = two.phone.packets;
      await delay(300);
      expect(two.phone.packets - before).toBeLessThan(3);
    });

    test('comes from a conference all the time, of one member too', async () => {
      const phone = await world().phone();
      const { id, final } = await world().call('park', { sdp: phone.sdp });
      phone.speakTo(final.body);
      await world().esl.api(`uuid_transfer ${id} conference:alone@video-mcu-stereo inline`);
      await world().joins(id);
      phone.hush();
      await until('packets come', () => phone.packets > 10, 3000);
      expect(await phone.pitchHz(listenMs)).toBeLessThan(30);
    });

    test('reaches the others of a conference', async () => {
      const { esl } = world();
      const one = await speaker('park', hz.one);
      const two = await speaker('park', hz.two);
      for (const { id } of [one, two]) {
        await esl.api(`uuid_transfer ${id} conference:talk@video-mcu-stereo inline`);
        await world().joins(id);
      }
      one.phone.hush();
      await hears(one.phone, hz.two);
    });
  });
}
