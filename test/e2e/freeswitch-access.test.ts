import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatchbayClient, Reason } from '../../lib/client/index.ts';
import type { HearingEnd } from '../support/freeswitch-ends.ts';
import { engines, type FreeSwitchStack, startFreeSwitchStack } from '../support/freeswitch-stack.ts';
import { chromiumOffer } from '../support/sdp.ts';
import { goodClaims, secretEnvironment, signed } from '../support/tokens.ts';
import { until } from '../support/until.ts';
import { connectClient } from '../support/wrtc.ts';

const all = 'media:session media:room media:rtp media:admin';
const room_id = 'lobby';

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  /** Of an administrator of the tenant acme. */
  let world: FreeSwitchStack;
  const clients: PatchbayClient[] = [];
  beforeAll(async () => {
    const token = await signed(goodClaims({ sub: 'root', scope: all }));
    world = await startFreeSwitchStack(engine, { PATCHBAY_AUTH: 'jwt', ...secretEnvironment }, token);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await world?.stop();
  });

  async function user(sub: string, scope = 'media:session media:room media:rtp', tenant = 'acme') {
    const client = await connectClient(world.stack.api, await signed(goodClaims({ sub, tenant, scope })));
    clients.push(client);
    return client;
  }
  /** A session of a phone of somebody's. */
  async function dial(
    client: PatchbayClient,
    fields: { type: 'park' | 'mcu' | 'bridge'; room_id?: string; peer_id?: string },
  ) {
    const end = await world.ends.rtp();
    const offer = { sdp: await end.offer(), sdp_type: 'rtp' } as const;
    const { session_id, answer } = await client.request('session/create', { ...fields, offer, wait_reply: true });
    await end.takeAnswer(answer?.sdp ?? '');
    return { session_id, end };
  }
  const isRefused = (request: Promise<unknown>, reason: Reason) => expect(request).rejects.toMatchObject({ reason });
  const hearEachOther = (one: HearingEnd, two: HearingEnd) => Promise.all([one.hears(two.hz), two.hears(one.hz)]);

  test('plain RTP is for those with media:rtp, as offeree and as offerer', async () => {
    const client = await user('ann', 'media:session media:room');
    const rtp = { sdp: await (await world.ends.rtp()).offer(), sdp_type: 'rtp' } as const;
    for (const type of ['park', 'echo', 'mcu'] as const) {
      await isRefused(client.request('session/create', { type, offer: rtp }), 'unauthorized');
      await isRefused(client.request('session/create', { type, sdp_type: 'rtp' }), 'unauthorized');
    }
    const waiting = await client.request('session/create', { type: 'park', wait_reply: true });
    const { session_id } = waiting;
    await isRefused(client.request('session/set_answer', { session_id, answer: rtp }), 'unauthorized');
    await client.request('session/destroy', { session_id });
    const offer = { sdp: chromiumOffer } as const;
    const webrtc = await client.request('session/create', { type: 'park', offer, wait_reply: true });
    await client.request('session/destroy', { session_id: webrtc.session_id });
  });

  test('a bridge needs control of both: of their owner, or of an admin', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    const [mine, other, theirs] = [
      await dial(ann, { type: 'park' }),
      await dial(ann, { type: 'park' }),
      await dial(bob, { type: 'park' }),
    ];
    const bridge = (client: PatchbayClient, session_id: string, peer_id: string) =>
      client.request('session/set_type', { session_id, type: 'bridge', peer_id });
    await isRefused(bridge(ann, mine.session_id, theirs.session_id), 'unauthorized');
    await isRefused(bridge(ann, theirs.session_id, mine.session_id), 'unauthorized');
    await isRefused(dial(ann, { type: 'bridge', peer_id: theirs.session_id }), 'unauthorized');
    const stranger = await user('ann', all, 'globex');
    await isRefused(bridge(stranger, mine.session_id, theirs.session_id), 'session_not_found');
    await isRefused(dial(stranger, { type: 'bridge', peer_id: mine.session_id }), 'unknown_peer');

    await bridge(ann, mine.session_id, other.session_id);
    await hearEachOther(mine.end, other.end);
    await bridge(world.client, mine.session_id, theirs.session_id);
    await hearEachOther(mine.end, theirs.end);
    await ann.request('session/destroy', { session_id: mine.session_id });
  });

  test('two tenants with the same room id are in two conferences', async () => {
    const [acme, globex] = [await user('ann', all), await user('ann', all, 'globex')];
    const rooms = await Promise.all(
      [acme, globex].map(async (client) => [
        await dial(client, { type: 'mcu', room_id }),
        await dial(client, { type: 'mcu', room_id }),
      ]),
    );
    for (const [one, two] of rooms) if (one && two) await hearEachOther(one.end, two.end);
    const conferences: { conference_name: string; member_count: number }[] = JSON.parse(
      await world.ask('conference json_list'),
    );
    expect(conferences.map(({ member_count }) => member_count)).toEqual([2, 2]);
    expect(conferences.map(({ conference_name }) => conference_name)).not.toContain(room_id);
    await acme.request('room/layout', { room_id, layout: '2x2' });
    expect(await globex.request('room/get_info', { room_id })).not.toHaveProperty('layout');
    await acme.request('room/destroy', { room_id });
    await isRefused(acme.request('room/layout', { room_id, layout: '2x2' }), 'room_not_found');
    const [one, two] = rooms[1] ?? [];
    if (one && two) await hearEachOther(one.end, two.end);
    expect((await globex.request('room/get_info', { room_id })).members).toHaveLength(2);
    await globex.request('room/destroy', { room_id });
  });

  test('moderating takes media:room, and recording a room an admin', async () => {
    const [moderator, guest] = [await user('ann'), await user('bob', 'media:session media:rtp')];
    await isRefused(dial(guest, { type: 'mcu', room_id }), 'unauthorized');
    const member = await dial(moderator, { type: 'mcu', room_id });
    const other = await dial(guest, { type: 'mcu', room_id });
    const { session_id } = member;
    for (const request of [
      () => guest.request('room/layout', { room_id, layout: '2x2' }),
      () => guest.request('room/kick', { room_id, session_id }),
      () => guest.request('room/mute', { room_id, session_id, audio: true }),
      () => guest.request('session/room_action', { room_id, action: 'layout', layout: '2x2' }),
      () => moderator.request('session/room_action', { room_id, action: 'record_start' }),
    ]) {
      await isRefused(request(), 'unauthorized');
    }
    await world.client.request('session/room_action', { room_id, action: 'record_start' });
    await world.client.request('session/room_action', { room_id, action: 'record_stop' });
    await moderator.request('room/kick', { room_id, session_id: other.session_id });
    await moderator.request('session/destroy', { session_id });
    await until('the room is over', async () => (await world.channels()).length === 0);
  });
});
