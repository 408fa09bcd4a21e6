import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BareClient, bareClient } from '../support/bare-client.ts';
import { webrtcOffer } from '../support/freeswitch/contract-world.ts';
import { attacks, hostile, mark, unwanted } from '../support/freeswitch-hostile.ts';
import { Phone } from '../support/freeswitch-phones.ts';
import { engines, type FreeSwitchStack, startFreeSwitchStack } from '../support/freeswitch-stack.ts';
import { seenChannels } from '../support/freeswitch-view.ts';
import { RawClient } from '../support/raw-client.ts';
import { goodClaims, secretEnvironment, signed } from '../support/tokens.ts';
import { until } from '../support/until.ts';

const scope = 'media:session media:room media:rtp media:admin';
const tokenOf = (claims: Record<string, unknown> = {}) => signed(goodClaims({ scope, ...claims }));
const protocols = async (claims: Record<string, unknown> = {}) => ['patchbay.v1', `token.${await tokenOf(claims)}`];
const atOnce = 8;

describe.each(engines)('with the %s, hostile text', (engine) => {
  let on: FreeSwitchStack;
  let client: BareClient;
  const phones: Phone[] = [];

  beforeAll(async () => {
    const env = { PATCHBAY_AUTH: 'jwt', ...secretEnvironment };
    on = await startFreeSwitchStack(engine, env, await tokenOf());
    client = await bareClient(on.stack.api, await protocols());
  });
  afterAll(async () => {
    for (const phone of phones) await phone.close();
    await client?.close();
    await on?.stop();
  });

  async function phone(of = client): Promise<Phone> {
    const one = await Phone.open((cmd, data) => of.request(cmd, data), 250 + 60 * phones.length);
    phones.push(one);
    return one;
  }

  /** Nothing was said that was not meant, and nothing came of what was. */
  async function nothingCameThrough(): Promise<void> {
    if (engine === 'double') {
      const asked = /^api (global_getvar pwned|conference json_list)$/;
      expect(unwanted(on.double.commands()).filter((text) => !asked.test(text))).toEqual([]);
    }
    expect(await on.ask(`global_getvar ${mark}`)).not.toContain('yes');
    expect((await on.stack.controllerLog()).match(/.*not a .* for FreeSWITCH.*/g)).toBeNull();
    expect(on.stack.output()).not.toContain('starting it again');
  }
  const channelsAre = (count: number) =>
    until(`${count} channels`, async () => (await seenChannels((command) => on.ask(command))).length === count);

  test('in any string of any command is refused with the field named, or leads nowhere', async () => {
    const [alive, peer, ringing] = [await phone(), await phone(), await phone()];
    await alive.calls({ type: 'mcu', room_id: 'lobby', layout: '2x2' });
    await peer.calls({ type: 'park' });
    const { data } = await client.request('create', { type: 'park', backend: 'freeswitch', sdp_type: 'rtp' });
    ringing.sessionId = data.session_id;
    const session_id = alive.sessionId;
    const room_id = 'lobby';
    const offer = { sdp: await alive.end.offer(), sdp_type: 'rtp' };
    const backend = 'freeswitch';
    const candidate = 'candidate:1 1 udp 1 192.0.2.7 9 typ host';
    const all = [
      ...attacks('session/create', { type: 'echo', session_id: 'one', backend, offer, wait_reply: true }),
      ...attacks('session/create', { type: 'park', backend, offer: { sdp: webrtcOffer, sdp_type: 'webrtc' } }),
      ...attacks('session/create', { type: 'mcu', room_id: 'r', room_type: 'video-mcu-stereo', layout: '2x2', offer }),
      ...attacks('session/create', { type: 'bridge', peer_id: peer.sessionId, sdp_type: 'rtp' }),
      ...attacks('session/create', { type: 'park', master_id: peer.sessionId, sdp_type: 'rtp' }),
      ...attacks('session/create', { type: 'listen', publisher_id: session_id }),
      ...attacks('session/create', { type: 'echo', offer, event_body: { note: '' }, room_audio_codec: 'opus' }),
      ...attacks('session/set_type', {
        session_id,
        type: 'mcu',
        room_id,
        room_type: 'video-mcu-stereo',
        layout: '2x2',
      }),
      ...attacks('session/set_type', { session_id, type: 'mcu', room_id: 'attic', room_type: 'video-mcu-stereo' }),
      ...attacks('session/set_type', { session_id, type: 'bridge', peer_id: peer.sessionId }),
      ...attacks('session/set_type', { session_id, type: 'listen', publisher_id: peer.sessionId }),
      ...attacks('session/set_answer', { session_id: ringing.sessionId, answer: offer }),
      ...attacks('session/set_candidate', { session_id, sdpMid: '0', sdpMLineIndex: 0, candidate }),
      ...attacks('session/set_candidate', { session_id, candidates: [{ sdpMid: '0', candidate }] }),
      ...attacks('session/set_candidate_end', { session_id }),
      ...attacks('session/destroy', { session_id: 'nobody', reason: '' }),
      ...attacks('session/update_media', { session_id, mute_audio: true }),
      ...attacks('session/recorder_action', { session_id, action: 'list' }),
      ...attacks('session/player_action', { session_id }),
      ...attacks('session/room_action', { room_id, action: 'layout', layout: '2x2' }),
      ...attacks('session/room_action', { session_id, action: 'mute', member_id: session_id }),
      ...attacks('session/send_info', { session_id, info: 'x', data: { note: '' } }),
      ...attacks('session/get_info', { session_id }),
      ...attacks('session/get_list', { type: 'echo', room_id, user_id: 'ann', cursor: '' }),
      ...attacks('session/attach', { session_id, resume_token: 'x' }),
      ...attacks('session/update', { update_type: 'mcu_layout', room_id, mcu_layout: '2x2' }),
      ...attacks('session/update', { type: 'session_type', session_id, session_type: 'echo' }),
      ...attacks('room/create', { class: 'mcu', room_id: 'made', backend, audio_codec: 'opus', video_codec: 'vp8' }),
      ...attacks('room/get_info', { room_id }),
      ...attacks('room/layout', { room_id, layout: '2x2' }),
      ...attacks('room/mute', { room_id, session_id, audio: true }),
      ...attacks('room/kick', { room_id, session_id: 'nobody' }),
      ...attacks('room/destroy', { room_id: 'nowhere', reason: '' }),
      ...attacks('event/subscribe', { subclass: 'session', type: '*', obj_id: '*' }),
    ];
    const wrong: string[] = [];
    const startedAtMs = performance.now();
    const queue = [...all];
    const work = async () => {
      for (let attack = queue.shift(); attack; attack = queue.shift()) {
        const { route, data, refused } = attack;
        const [subclass = '', cmd = ''] = route.split('/');
        const reply = await client.request(cmd, data, subclass);
        const { reason, error = '' } = reply.data;
        const isNamed = reply.result === 'error' && error.includes(refused);
        if (reason === 'internal_error' || reason === 'timeout' || (refused !== undefined && !isNamed)) {
          wrong.push(`${route} ${JSON.stringify(data)}: ${JSON.stringify(reply)}`);
        }
        if (reply.result === 'ok' && route === 'session/create') {
          await client.request('destroy', { session_id: reply.data.session_id, reason: hostile[0] });
        }
        if (reply.result === 'ok' && route === 'room/create') {
          await client.request('destroy', { room_id: reply.data.room_id, reason: hostile[0] }, 'room');
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    console.info(`${engine}: ${all.length} attacks in ${Math.round(performance.now() - startedAtMs)} ms`);
    expect(wrong).toEqual([]);
    await nothingCameThrough();
    for (const one of [alive, peer, ringing]) expect((await one.tell('destroy')).result).toBe('ok');
    await channelsAre(0);
    await nothingCameThrough();
  });

  test("as a user's name in a token goes no further than patchbay", async () => {
    for (const [at, text] of hostile.entries()) {
      const one = await bareClient(on.stack.api, await protocols({ sub: text }));
      const caller = await phone(one);
      for (const role of ['offeree', 'offerer'] as const) {
        await caller.calls({ type: 'mcu', room_id: `room-${at}`, layout: '2x2' }, role);
        expect((await caller.info())?.user_id).toBe(text);
        expect((await caller.tell('set_type', { type: 'echo' })).result).toBe('ok');
        expect((await caller.tell('destroy', { reason: text })).result).toBe('ok');
      }
      await one.close();
    }
    await channelsAre(0);
    await nothingCameThrough();
  });

  test("as a tenant's name in a token is not let in", async () => {
    for (const tenant of hostile) {
      await expect(RawClient.connect(on.stack.api, await protocols({ tenant }))).rejects.toThrow(/40[13]/);
    }
    await nothingCameThrough();
  });
});
