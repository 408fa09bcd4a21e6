import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Call,
  listenTo,
  type PatchbayClient,
  type PatchbayEvent,
  type Reason,
  startCall,
} from '../../lib/client/index.ts';
import { janusHandles, janusRooms } from '../support/janus-admin.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { goodClaims, secretEnvironment, signed } from '../support/tokens.ts';
import { grows, until } from '../support/until.ts';
import { connectClient, newPeerConnection, openTone, pitchHz, rtpBytes, type Tone } from '../support/wrtc.ts';

/** All that anybody may have in a tenant. */
const scope = 'media:session media:room media:rtp media:admin';
const room_id = 'lobby';

/** A tenant's administrator with a room, somebody who speaks in it and somebody who listens, all by the same ids. */
interface Tenant {
  readonly client: PatchbayClient;
  readonly tone: Tone;
  readonly hz: number;
  readonly speaker: Call;
  readonly listener: Call;
  /** Whose id the other tenant does not have. */
  readonly own: Call;
  /** Everything that it could hear of. */
  readonly events: PatchbayEvent[];
}

let stack: TestStack;
let acme: Tenant;
let globex: Tenant;

beforeAll(async () => {
  stack = await startTestStack({ PATCHBAY_AUTH: 'jwt', ...secretEnvironment });
  acme = await startTenant('acme', 440);
  globex = await startTenant('globex', 1000);
});
afterAll(async () => {
  for (const tenant of [acme, globex]) {
    tenant?.tone.stop();
    tenant?.client.close();
  }
  await stack?.stop();
});

async function startTenant(tenant: string, hz: number): Promise<Tenant> {
  // The same user's name in both.
  const client = await connectClient(stack.api, await signed(goodClaims({ sub: 'ann', tenant, scope })));
  const events: PatchbayEvent[] = [];
  client.onEvent((event) => events.push(event));
  for (const subclass of ['session', 'room'] as const) await client.subscribe({ subclass });
  await client.request('room/create', { class: 'sfu', room_id });
  const tone = openTone(hz);
  const media = { createPeerConnection: newPeerConnection };
  const publish = (session_id?: string) =>
    startCall(client, {
      ...media,
      type: 'publish',
      stream: tone.stream,
      session: { room_id, ...(session_id && { session_id }) },
    });
  const speaker = await publish('speaker');
  const listener = await listenTo(client, { ...media, publisherId: 'speaker', session: { session_id: 'listener' } });
  return { client, tone, hz, speaker, listener, own: await publish(), events };
}

const both = () =>
  [
    [acme, globex],
    [globex, acme],
  ] as const;

const areRefused = (requests: readonly Promise<unknown>[], reason: Reason) =>
  Promise.all(requests.map((one) => expect(one).rejects.toMatchObject({ reason })));

/** The listener hears its own tenant's tone and nothing else. */
async function hearsItsOwn({ listener, hz }: Tenant): Promise<void> {
  const [receiver, ...others] = listener.peerConnection.getReceivers();
  if (!receiver || others.length > 0) throw new Error('a listener has one track');
  await grows('media that comes', () => rtpBytes(listener.peerConnection, 'inbound'), 1000);
  expect(Math.abs((await pitchHz(receiver.track)) - hz)).toBeLessThan(30);
}

describe('two tenants with the same room id are in two rooms', () => {
  test('of two names in Janus, neither of them the id', async () => {
    const rooms = (await janusRooms(stack.janus.url)).filter(({ description }) => description.startsWith('patchbay'));
    expect(new Set(rooms.map(({ room }) => room)).size).toBe(2);
    expect(rooms.map(({ room }) => room)).not.toContain(room_id);
  });

  test('each with its own members and its own media', async () => {
    for (const [tenant, other] of both()) {
      const { client, own } = tenant;
      expect((await client.request('room/get_list', {})).rooms).toEqual([
        expect.objectContaining({ room_id, members: 3 }),
      ]);
      const { members = [] } = await client.request('room/get_info', { room_id });
      const ids = members.map((member) => member.session_id).sort();
      expect(ids).toEqual([own.sessionId, 'listener', 'speaker'].sort());
      const { sessions } = await client.request('session/get_list', {});
      expect(sessions.map(({ session_id }) => session_id).sort()).toEqual(ids);
      expect(ids).not.toContain(other.own.sessionId);
      await hearsItsOwn(tenant);
    }
  });

  test('neither listens to, controls or takes over what is of the other', async () => {
    for (const [{ client, listener }, { own }] of both()) {
      const session = { session_id: own.sessionId };
      const strange = { createPeerConnection: newPeerConnection, publisherId: own.sessionId };
      await expect(listenTo(client, strange)).rejects.toMatchObject({ reason: 'invalid_publisher' });
      await expect(listener.switchTo(own.sessionId)).rejects.toMatchObject({ reason: 'invalid_publisher' });
      const refused = [
        client.request('session/get_info', session),
        client.request('session/get_answer', { ...session, timeout: 1 }),
        client.request('session/update_media', { ...session, mute_audio: true }),
        client.request('session/send_info', { ...session, info: 'hello' }),
        client.request('session/recorder_action', { ...session, action: 'start' }),
        client.request('session/set_candidate_end', session),
        client.request('session/room_action', { ...session, action: 'kick', member_id: own.sessionId }),
        client.request('session/attach', { ...session, resume_token: own.resumeToken }),
        client.request('session/destroy', session),
      ];
      await areRefused(refused, 'session_not_found');
      await expect(client.request('session/create', { type: 'p2p', master_id: own.sessionId })).rejects.toMatchObject({
        reason: 'unknown_peer',
      });
    }
  });

  test('neither kicks or mutes a member of the other', async () => {
    for (const [{ client }, { own }] of both()) {
      const member = { room_id, session_id: own.sessionId };
      const refused = [
        client.request('room/kick', member),
        client.request('room/mute', { ...member, audio: true }),
        client.request('session/room_action', { session_id: 'speaker', action: 'kick', member_id: own.sessionId }),
      ];
      await areRefused(refused, 'member_not_found');
    }
  });

  test('neither hears of the other, even where it asks by its ids', async () => {
    for (const [{ client, events }, { client: other, events: heard, own }] of both()) {
      await client.subscribe({ subclass: 'session', obj_id: own.sessionId });
      await other.request('session/send_info', { session_id: own.sessionId, info: 'hello' });
      await until('its own tenant hears of it', () => heard.some(({ type }) => type === 'info'));
      expect(events.map(({ obj_id }) => obj_id)).not.toContain(own.sessionId);
    }
  });

  test('and one goes on when the other kicks, destroys and is empty', async () => {
    await acme.client.request('room/kick', { room_id, session_id: 'speaker' });
    await until('its calls have ended', () => acme.speaker.ended && acme.listener.ended);
    expect([acme.speaker.ended?.reason, acme.listener.ended?.reason]).toEqual(['member_stop', 'publisher_stop']);
    await hearsItsOwn(globex);
    await acme.client.request('room/destroy', { room_id });
    await until('the last call has ended', () => acme.own.ended);
    expect(acme.own.ended?.reason).toBe('room_destroyed');
    await hearsItsOwn(globex);
    expect((await globex.client.request('room/get_info', { room_id })).members).toHaveLength(3);
    await expect(acme.client.request('room/get_info', { room_id })).rejects.toMatchObject({ reason: 'room_not_found' });

    expect(globex.events.filter(({ type }) => type === 'destroyed' || type === 'stopped_member')).toEqual([]);
    await globex.client.request('room/destroy', { room_id });
    await until('no handle is left', async () => (await janusHandles(stack.janus)).length === 0);
  });
});
