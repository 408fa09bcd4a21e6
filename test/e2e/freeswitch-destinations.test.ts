import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SdpType } from '../../lib/protocol/session.ts';
import { rejection } from '../support/errors.ts';
import { candidateAt, elsewhere, forbidden, noAddresses, phone, rtpLines, writings } from '../support/forbidden.ts';
import { engines, type FreeSwitchStack, type Role, startFreeSwitchStack } from '../support/freeswitch-stack.ts';

const roles: readonly Role[] = ['offeree', 'offerer'];
const publicAddress = '203.0.113.77';

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  describe('where loopback is not listed', () => {
    let world: FreeSwitchStack;
    /** Sessions that wait for a phone's answer, and a browser's. */
    const waiting: Partial<Record<SdpType, string>> = {};
    beforeAll(async () => {
      world = await startFreeSwitchStack(engine, { PATCHBAY_ALLOWED_NETWORKS: elsewhere });
      for (const sdp_type of ['rtp', 'webrtc'] as const) {
        const data = { type: 'park', sdp_type, wait_timeout: 600, wait_reply: true } as const;
        waiting[sdp_type] = (await world.client.request('session/create', data)).session_id;
      }
    });
    afterAll(() => world?.stop());

    /** Plain RTP is refused wherever it is given, with the line and what is wrong with it. */
    async function isRefused(sdp: string, ...says: string[]): Promise<void> {
      const description = { sdp, sdp_type: 'rtp' } as const;
      const { client } = world;
      const answer = { session_id: waiting.rtp, answer: description };
      const givings: readonly (readonly [path: string, give: () => Promise<unknown>])[] = [
        ['data.answer', () => client.request('session/set_answer', answer)],
        ['data.offer', () => client.request('session/create', { type: 'echo', offer: description })],
        ['data.offer', () => client.request('session/create', { type: 'mcu', offer: description })],
      ];
      for (const [path, give] of givings) {
        const { reason, message } = await rejection(give());
        expect(reason, message).toBe('invalid_value');
        expect(message).toMatch(new RegExp(`^${path}\\.sdp line \\d+ \\(`));
        for (const part of says) expect(message).toContain(part);
      }
    }

    test.each(Object.entries(rtpLines))('plain RTP is refused for its %s', async (_line, at) => {
      for (const [address, why] of forbidden) await isRefused(at(address), address, `(${why})`);
      for (const name of noAddresses) await isRefused(at(name), name);
    });

    test.each(Object.entries(writings))('plain RTP is refused for %s', (_how, sdp) => isRefused(sdp, '127.0.0.1'));

    test('a browser may say whatever it likes: FreeSWITCH is given none of its candidates', async () => {
      const end = await world.ends.webrtc();
      const everywhere = [...forbidden.map(([address]) => address), ...noAddresses].map(candidateAt);
      const lines = everywhere.map((line) => `a=${line}\r\n`).join('');
      const sdp = (await end.offer()).replace(/(?=a=mid:0)/, lines);
      const offer = { sdp, trickle_ice: true };
      const { session_id, answer } = await world.client.request('session/create', {
        type: 'park',
        offer,
        wait_reply: true,
      });
      await end.takeAnswer(answer?.sdp ?? '');
      const candidates = everywhere.map((candidate) => ({ sdpMLineIndex: 0, candidate }));
      await world.client.request('session/set_candidate', { session_id, candidates: candidates.slice(0, 50) });
      await world.client.request('session/set_type', { session_id, type: 'echo' });
      await end.hears(end.hz);
      await world.client.request('session/destroy', { session_id });
    });

    test('and nothing was made of what was refused: no session, no room, no call', async () => {
      for (const session_id of Object.values(waiting)) {
        expect(await world.client.request('session/get_info', { session_id })).toMatchObject({ state: 'wait' });
        await world.client.request('session/destroy', { session_id });
      }
      expect(await world.faulty()).toEqual([]);
    });
  });

  describe('where loopback is listed', () => {
    let world: FreeSwitchStack;
    beforeAll(async () => {
      world = await startFreeSwitchStack(engine, { PATCHBAY_ALLOWED_NETWORKS: '127.0.0.0/8' });
    });
    afterAll(() => world?.stop());

    test.each(roles)('plain RTP flows there, patchbay as %s', async (role) => {
      const held = await world.open('echo', 'rtp', {}, role);
      await held.end.hears(held.end.hz);
      await world.hangUp(held);
    });
  });

  describe('with a public address', () => {
    let world: FreeSwitchStack;
    beforeAll(async () => {
      world = await startFreeSwitchStack(engine, { PATCHBAY_PUBLIC_IP: publicAddress });
    });
    afterAll(() => world?.stop());

    const cases = roles.flatMap((role) => (['webrtc', 'rtp'] as const).map((kind) => [role, kind] as const));
    test.each(cases)('every SDP shows that and no other, patchbay as %s, %s', async (role, kind) => {
      const offer = { sdp: kind === 'rtp' ? phone : await (await world.ends.webrtc()).offer(), sdp_type: kind };
      const made = role === 'offeree' ? { offer } : { sdp_type: kind };
      const data = { type: 'park', ...made, wait_reply: true } as const;
      const reply = await world.client.request('session/create', data);
      const { sdp = '' } = reply.answer ?? reply.offer ?? {};
      const addresses = sdp.match(/\b\d{1,3}(\.\d{1,3}){3}\b/g) ?? [];
      expect(addresses.length).toBeGreaterThan(1);
      expect(new Set(addresses)).toEqual(new Set([publicAddress]));
      expect(sdp).not.toMatch(/FreeSWITCH \d+ \d+ IN IP4 (?!203)/);
      const { session_id } = reply;
      const info = await world.client.request('session/get_info', { session_id });
      expect(role === 'offeree' ? info.answer?.sdp : info.offer?.sdp).toBe(sdp);
      await world.client.request('session/destroy', { session_id });
    });
  });
});
