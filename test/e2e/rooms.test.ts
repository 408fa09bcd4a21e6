import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, listenTo, type PatchbayClient, type PatchbayEvent, startCall } from '../../lib/client/index.ts';
import { openTable } from '../../lib/store/table.ts';
import { janusHandles, janusRooms } from '../support/janus-admin.ts';
import { metric } from '../support/metrics.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { goodClaims, secretEnvironment, signed } from '../support/tokens.ts';
import { grows, stops, until } from '../support/until.ts';
import { connectClient, newPeerConnection, openTone, rtpBytes, type Tone } from '../support/wrtc.ts';

const people = 20;
const rounds = 10;

let stack: TestStack;
let tone: Tone;
/** `root` may moderate rooms, `ann` and `bob` may not; `eve` is of another tenant. */
let root: PatchbayClient;
let ann: PatchbayClient;
let bob: PatchbayClient;
let eve: PatchbayClient;

beforeAll(async () => {
  stack = await startTestStack({ PATCHBAY_AUTH: 'jwt', ...secretEnvironment });
  tone = openTone();
  const as = async (sub: string, scope: string, tenant = 'acme') =>
    connectClient(stack.api, await signed(goodClaims({ sub, scope, tenant })));
  root = await as('root', 'media:session media:room');
  ann = await as('ann', 'media:session');
  bob = await as('bob', 'media:session');
  eve = await as('eve', 'media:session media:room', 'globex');
});
afterAll(async () => {
  tone?.stop();
  for (const client of [root, ann, bob, eve]) client?.close();
  await stack?.stop();
});

const publish = (client: PatchbayClient, room_id: string) =>
  startCall(client, {
    type: 'publish',
    stream: tone.stream,
    session: { room_id },
    createPeerConnection: newPeerConnection,
  });
const listen = (client: PatchbayClient, publisher: Call) =>
  listenTo(client, { publisherId: publisher.sessionId, createPeerConnection: newPeerConnection });
const isUp = (call: Call) => until('connected', () => call.peerConnection.connectionState === 'connected');
/** What the stack holds of calls and rooms, everywhere. */
async function held() {
  const table = openTable('patchbay', stack.dynamodb);
  const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.name }));
  table.client.destroy();
  const { url } = stack.controller;
  return {
    handles: (await janusHandles(stack.janus)).length,
    janusRooms: (await janusRooms(stack.janus.url)).filter(({ description }) => description.startsWith('patchbay'))
      .length,
    records: Items.map(({ pk }) => String(pk)).filter((pk) => pk.startsWith('T#')),
    subscriptions: Items.filter(({ pk }) => pk === 'SUBS').length,
    sessions: await metric(url, 'patchbay_sessions'),
    rooms: await metric(url, 'patchbay_rooms'),
    subscribers: await metric(url, 'patchbay_subscribers'),
  };
}
const timers = () => metric(stack.controller.url, 'nodejs_active_resources{type="Timeout"}');
const nothing = { handles: 0, janusRooms: 0, records: [], subscriptions: 0, sessions: 0, rooms: 0, subscribers: 0 };
const nothingIsLeft = async () => {
  const isEmpty = async () => JSON.stringify(await held()) === JSON.stringify(nothing);
  await until('nothing is left', isEmpty).catch(() => undefined);
  expect(await held()).toEqual(nothing);
};

/**
 * Each listener at all publishers but the one that it hears already: Janus makes the offers, nobody answers them.
 * As many peer connections with media would measure libwebrtc, not the room.
 */
async function listenToTheRest(publishers: readonly Call[]) {
  const offers: (string | undefined)[] = [];
  for (const { sessionId: publisher_id } of publishers) {
    const listeners = Array.from({ length: people - 1 }, () =>
      bob.request('session/create', { type: 'listen', publisher_id, wait_reply: true, subscribe: false }),
    );
    for (const { offer } of await Promise.all(listeners)) offers.push(offer?.sdp);
  }
  return offers;
}

test(`${people} publishers × ${people} listeners in a room that is destroyed, ${rounds} times, leave nothing`, async () => {
  const timersBefore = await timers();
  for (let round = 1; round <= rounds; round += 1) {
    const { room_id } = await root.request('room/create', { class: 'sfu', room_id: `stage-${round % 2}` });
    await root.request('event/subscribe', { subclass: 'room', obj_id: room_id });
    const publishers = await Promise.all(Array.from({ length: people }, () => publish(ann, room_id)));
    await Promise.all(publishers.map(isUp));
    const listeners = await Promise.all(publishers.map((publisher) => listen(bob, publisher)));
    await Promise.all(listeners.map(isUp));
    const offers = await listenToTheRest(publishers);
    expect(offers.filter((sdp) => sdp?.includes('m=audio'))).toHaveLength(people * (people - 1));
    expect((await held()).sessions).toBe(people + people * people);
    const { members } = await root.request('room/get_info', { room_id });
    // Those that have not answered are not seen yet.
    expect(members).toHaveLength(2 * people);
    await Promise.all(
      listeners.map(({ peerConnection }) => grows('audio', () => rtpBytes(peerConnection, 'inbound'), 500)),
    );
    await root.request('room/destroy', { room_id });
    const calls = [...publishers, ...listeners];
    await until('all calls have ended', () => calls.every(({ ended }) => ended !== undefined));
    expect(new Set(calls.map(({ ended }) => ended?.reason))).toEqual(new Set(['room_destroyed']));
    await root.request('event/unsubscribe', { subclass: 'room', obj_id: room_id });
    await nothingIsLeft();
    expect(await held()).toEqual(nothing);
  }
  expect(await timers()).toBeLessThanOrEqual(timersBefore + 2);
}, 240_000);

describe('a room', () => {
  let room_id: string;
  let publisher: Call;
  let listener: Call;
  const events: PatchbayEvent[] = [];

  beforeAll(async () => {
    root.onEvent((event) => {
      if (event.subclass === 'room') events.push(event);
    });
    await root.request('event/subscribe', { subclass: 'room' });
    ({ room_id } = await root.request('room/create', { class: 'sfu', video_codec: 'vp9', bitrate: 512, timeout: 5 }));
    publisher = await publish(ann, room_id);
    await isUp(publisher);
    listener = await listen(bob, publisher);
    await isUp(listener);
  });

  test('is told of as it was made, with its members, their roles and users', async () => {
    expect(await root.request('room/get_info', { room_id })).toMatchObject({
      class: 'sfu',
      backend: 'janus',
      audio_codec: 'opus',
      video_codec: 'vp9',
      bitrate: 512,
      user_id: 'root',
      members: [
        { session_id: publisher.sessionId, role: 'publisher', user_id: 'ann' },
        { session_id: listener.sessionId, role: 'listener', user_id: 'bob', peer_id: publisher.sessionId },
      ],
    });
    expect((await ann.request('room/get_list', {})).rooms).toEqual([expect.objectContaining({ room_id, members: 2 })]);
    await until('its events', () => events.length >= 3);
    expect(events.map(({ type, seq }) => [type, seq])).toEqual([
      ['created', 1],
      ['started_member', 2],
      ['started_member', 3],
    ]);
  });

  test('that exists is room_already_exists, one that does not room_not_found, here and in another tenant', async () => {
    const named = { class: 'sfu', room_id: 'named' } as const;
    await root.request('room/create', named);
    await expect(root.request('room/create', named)).rejects.toMatchObject({ reason: 'room_already_exists' });
    // The same id of another tenant is another room.
    await expect(eve.request('room/get_info', { room_id: 'named' })).rejects.toMatchObject({
      reason: 'room_not_found',
    });
    await eve.request('room/create', named);
    await eve.request('room/destroy', { room_id: 'named' });
    expect((await root.request('room/get_info', { room_id: 'named' })).user_id).toBe('root');
    await root.request('room/destroy', { room_id: 'named' });
    await expect(publish(ann, 'named')).rejects.toMatchObject({ reason: 'room_not_found' });
    await expect(eve.request('room/get_info', { room_id })).rejects.toMatchObject({ reason: 'room_not_found' });
  });

  test('lets nobody listen to what is no publisher: invalid_publisher', async () => {
    const options = { createPeerConnection: newPeerConnection };
    for (const publisherId of ['nobody', listener.sessionId]) {
      await expect(listenTo(bob, { ...options, publisherId })).rejects.toMatchObject({ reason: 'invalid_publisher' });
    }
    await expect(listenTo(eve, { ...options, publisherId: publisher.sessionId })).rejects.toMatchObject({
      reason: 'invalid_publisher',
    });
  });

  test('is moderated by whoever has the scope, and by nobody else', async () => {
    const member = { room_id, session_id: publisher.sessionId };
    for (const client of [ann, bob]) {
      await expect(client.request('room/kick', member)).rejects.toMatchObject({ reason: 'unauthorized' });
      await expect(client.request('room/mute', { ...member, audio: true })).rejects.toMatchObject({
        reason: 'unauthorized',
      });
      await expect(client.request('room/destroy', { room_id })).rejects.toMatchObject({ reason: 'unauthorized' });
    }
    await expect(eve.request('room/kick', member)).rejects.toMatchObject({ reason: 'room_not_found' });
    await expect(root.request('room/kick', { ...member, session_id: 'nobody' })).rejects.toMatchObject({
      reason: 'member_not_found',
    });
  });

  test("a moderator's mute holds until the moderator lifts it", async () => {
    const heard = () => rtpBytes(listener.peerConnection, 'inbound');
    const member = { room_id, session_id: publisher.sessionId };
    await grows('audio', heard, 1000);
    await root.request('room/mute', { ...member, audio: true });
    await stops('audio', heard);
    const { members } = await bob.request('room/get_info', { room_id });
    expect(members[0]).toMatchObject({ session_id: publisher.sessionId, mute_audio: true });
    expect(await publisher.updateMedia({ mute_audio: false })).toEqual({ mute_audio: false });
    await stops('audio', heard);
    await root.request('room/mute', { ...member, audio: false });
    await grows('audio', heard, 1000);
  });

  test('from which the publisher is kicked: its session ends, so do those that listen to it, and later the room', async () => {
    await root.request('room/kick', { room_id, session_id: publisher.sessionId });
    await until('both calls have ended', () => publisher.ended && listener.ended);
    expect([publisher.ended?.reason, listener.ended?.reason]).toEqual(['member_stop', 'publisher_stop']);
    await until('the room is destroyed', () =>
      events.some(({ type, obj_id }) => type === 'destroyed' && obj_id === room_id),
    );
    const own = events.filter(({ obj_id }) => obj_id === room_id);
    expect(own.map(({ seq }) => seq)).toEqual(own.map((_, at) => at + 1));
    expect(own.at(-1)?.body).toMatchObject({ reason: 'no_room_members' });
    expect(own.filter(({ type }) => type === 'stopped_member')).toHaveLength(2);
    await root.request('event/unsubscribe', { subclass: 'room' });
    await nothingIsLeft();
  });
});
