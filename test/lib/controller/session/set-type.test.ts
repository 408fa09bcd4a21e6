import { beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../../../lib/domain/access.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { admin, caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeFreeSwitch } from '../../../support/fake-freeswitch.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { mediaOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(async () => {
  node = new TestNode();
  await node.room();
  await node.publish('p1');
  await node.publish('p2');
});
const userStop = () => new PatchbayError('user_stop');

const change = (fields: Record<string, unknown> = {}, who = caller(), sessionId = 'l') =>
  node.setType(sessionId, { type: 'listen', ...fields }, who);
const refused = (fields: Record<string, unknown>, who = caller()) => rejection(change(fields, who));
const stop = (sessionId: string) => node.sessions.controlled(caller(), sessionId).stop(userStop());
/** The publishers that the engine was turned to. */
const heard = () =>
  engineOf('l').heard.map((media) => ['p1', 'p2', 'p3'].find((sessionId) => engineOf(sessionId) === media));
const engineOf = (sessionId: string) => mediaOf(node.sessions.controlled(caller(), sessionId));

describe('a listener that is ready', () => {
  test('hears another publisher, tells so, and ends with that one', async () => {
    const listener = await node.listen('l', 'p1');
    expect(await change({ publisher_id: 'p2' })).toEqual({ room_id: 'lobby', publisher_id: 'p2' });
    expect(heard()).toEqual(['p2']);
    expect(node.world.of('l').at(-1)).toMatchObject({
      type: 'type',
      body: { type: 'listen', room_id: 'lobby', publisher_id: 'p2' },
    });
    await stop('p1');
    await flush();
    expect(listener.state).toBe('ready');
    await stop('p2');
    await flush();
    expect(node.over.l).toBe('publisher_stop');
  });

  test('stays where the engine refuses', async () => {
    const listener = await node.listen('l', 'p1');
    mediaOf(listener).failure = new PatchbayError('invalid_publisher', 'it has no media yet');
    expect(await refused({ publisher_id: 'p2' })).toMatchObject(reason('invalid_publisher'));
    expect(listener.publisher?.spec.sessionId).toBe('p1');
    expect(node.rooms.find(caller(), 'lobby').members.seen).toContainEqual(expect.objectContaining({ peer_id: 'p1' }));
  });

  test('of the publisher that it hears already is not turned', async () => {
    await node.listen('l', 'p1');
    expect(await change({ publisher_id: 'p1' })).toEqual({ room_id: 'lobby', publisher_id: 'p1' });
    expect(heard()).toEqual([]);
    expect(node.world.typesOf('l')).not.toContain('type');
  });

  test('stays when the publisher that it is to hear has ended by the time that it is its turn', async () => {
    const listener = await node.listen('l', 'p1');
    const turning = refused({ publisher_id: 'p2' });
    await stop('p2');
    expect(await turning).toMatchObject({ ...reason('invalid_publisher'), message: 'session p2 has just ended' });
    expect([heard(), listener.state]).toEqual([[], 'ready']);
  });

  test('ends when the publisher that it turns to ends meanwhile', async () => {
    const listener = await node.listen('l', 'p1');
    const media = mediaOf(listener);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    Object.assign(media, { changePublisher: () => promise });
    const changing = change({ publisher_id: 'p2' });
    await flush();
    await stop('p2');
    resolve(undefined);
    await changing;
    await flush();
    expect(node.over).toMatchObject({ l: 'publisher_stop' });
  });

  test('that is offered anew has to answer before it can change again: invalid_state', async () => {
    const listener = await node.listen('l', 'p1');
    const anew = { ...offer, sdp: offer.sdp.replace('a=mid:1', 'a=mid:2') };
    mediaOf(listener).newOffer = anew;
    await change({ publisher_id: 'p2' });
    expect(node.world.of('l').slice(-2)).toMatchObject([{ type: 'type' }, { type: 'offer', body: { offer: anew } }]);
    expect(await refused({ publisher_id: 'p1' })).toMatchObject({
      ...reason('invalid_state'),
      message: 'the offer has no answer yet',
    });
    await listener.setAnswer(answer);
    mediaOf(listener).newOffer = undefined;
    expect(await change({ publisher_id: 'p1' })).toMatchObject({ publisher_id: 'p1' });
  });
});

describe('a listener that is not ready yet', () => {
  const waiting = () => node.session('l', { type: 'listen', publisher_id: 'p1' });
  const isReady = async () => {
    await node.sessions.controlled(caller(), 'l').setAnswer(answer);
    await flush();
  };

  test('turns as soon as it is', async () => {
    const listener = await waiting();
    expect(await change({ publisher_id: 'p2' })).toEqual({ room_id: 'lobby', publisher_id: 'p2' });
    expect([heard(), listener.publisher?.spec.sessionId]).toEqual([[], 'p1']);
    await isReady();
    expect([heard(), listener.publisher?.spec.sessionId]).toEqual([['p2'], 'p2']);
  });

  test('stays where it is when its last wish is that', async () => {
    await waiting();
    await change({ publisher_id: 'p2' });
    await change({ publisher_id: 'p1' });
    await isReady();
    expect(heard()).toEqual([]);
  });

  test('stays where it is when the one it was to hear ends before', async () => {
    const listener = await waiting();
    await change({ publisher_id: 'p2' });
    await stop('p2');
    await isReady();
    expect([heard(), listener.state, listener.publisher?.spec.sessionId]).toEqual([[], 'ready', 'p1']);
    expect(node.over).toEqual({ p2: 'user_stop' });
  });

  test('goes where it was sent last, though it gets ready in between', async () => {
    await node.publish('p3');
    const listener = await waiting();
    await change({ publisher_id: 'p2' });
    const ready = listener.setAnswer(answer);
    await change({ publisher_id: 'p3' });
    await ready;
    await flush();
    expect(listener.publisher?.spec.sessionId).toBe('p3');
  });
});

describe('it is refused', () => {
  beforeEach(() => node.listen('l', 'p1'));

  test('for any type but listen, and of any other session: incompatible_session', async () => {
    for (const type of ['echo', 'park', 'publish']) {
      expect(await refused({ type })).toMatchObject(reason('incompatible_session'));
    }
    await node.session('e', { type: 'echo', offer });
    expect(await rejection(change({ publisher_id: 'p1' }, caller(), 'e'))).toMatchObject({
      ...reason('incompatible_session'),
      message: 'janus cannot make listen of a echo session',
    });
  });

  test('without a publisher, or for one that is none', async () => {
    expect(await refused({})).toMatchObject(reason('missing_field'));
    expect(await refused({ publisher_id: 'nobody' })).toMatchObject(reason('invalid_publisher'));
    expect(await refused({ publisher_id: 'l' })).toMatchObject(reason('invalid_publisher'));
  });

  test('for a publisher of another room, or a room that is not its own: incompatible_session', async () => {
    await node.room({ room_id: 'attic' });
    await node.publish('far', { room_id: 'attic' });
    expect(await refused({ publisher_id: 'far' })).toMatchObject(reason('incompatible_session'));
    expect(await refused({ publisher_id: 'p2', room_id: 'attic' })).toMatchObject(reason('incompatible_session'));
    expect(await change({ publisher_id: 'p2', room_id: 'lobby' })).toMatchObject({ publisher_id: 'p2' });
  });

  test('to who may not use the room any more: unauthorized', async () => {
    expect(await refused({ publisher_id: 'p2' }, caller({ rooms: ['attic'] }))).toMatchObject(reason('unauthorized'));
  });
});

describe('on FreeSWITCH', () => {
  const on = (sessionId: string, fields: Record<string, unknown>, who = moderator()) =>
    node.setType(sessionId, fields, who);
  const refusedOn = (sessionId: string, fields: Record<string, unknown>, who?: Caller) =>
    rejection(on(sessionId, fields, who));
  beforeEach(() => node.park('a'));

  test('a type that it does not have is incompatible_session', async () => {
    for (const type of ['proxy', 'publish', 'listen', 'p2p']) {
      expect(await refusedOn('a', { type })).toMatchObject({
        ...reason('incompatible_session'),
        message: `freeswitch cannot make ${type} of a park session`,
      });
    }
  });

  test('the fields of other types are of no effect', async () => {
    expect(await on('a', { type: 'echo', room_id: 'lobby', peer_id: 'nobody' })).toEqual({});
    expect(node.rooms.count).toBe(1);
  });

  test('a bridge needs its peer, which is alive, another, and of the same engine', async () => {
    const idle = new FakeFreeSwitch('freeswitch-2');
    node.backends.push(idle);
    await node.park('far', {});
    expect(await refusedOn('a', { type: 'bridge' })).toMatchObject(reason('missing_field'));
    expect(await refusedOn('a', { type: 'bridge', peer_id: 'nobody' })).toMatchObject(reason('unknown_peer'));
    expect(await refusedOn('a', { type: 'bridge', peer_id: 'a' })).toMatchObject({
      ...reason('invalid_value'),
      message: 'data.peer_id is the session itself',
    });
    for (const peer_id of ['far', 'p1']) {
      expect(await refusedOn('a', { type: 'bridge', peer_id })).toMatchObject({
        ...reason('different_mediaserver'),
        message: `session ${peer_id} is on another media server`,
      });
    }
    expect(node.sessions.find(caller(), 'a')?.type).toBe('park');
  });

  test('a bridge needs control of both: unauthorized; of another tenant there is none', async () => {
    await node.park('bobs', {}, moderator({ userId: 'bob' }));
    await node.park('theirs', {}, moderator({ tenant: 'globex' }));
    expect(await refusedOn('a', { type: 'bridge', peer_id: 'bobs' })).toMatchObject(reason('unauthorized'));
    expect(await refusedOn('a', { type: 'bridge', peer_id: 'theirs' })).toMatchObject(reason('unknown_peer'));
    expect(await on('a', { type: 'bridge', peer_id: 'bobs' }, admin())).toEqual({ peer_id: 'bobs' });
  });

  test('a room is made by its options, and refused by what the caller may not, leaving none', async () => {
    expect(await on('a', { type: 'mcu', room_type: 'audio-mcu', layout: '2x2' })).toEqual({
      room_id: expect.stringMatching(/@node-1$/),
      room_type: 'audio-mcu',
    });
    expect(node.freeswitch.room.spec).toMatchObject({ profile: 'audio-mcu', layout: '2x2' });
    expect(await refusedOn('a', { type: 'mcu', room_id: 'x' }, caller())).toMatchObject(reason('unauthorized'));
    expect(await refusedOn('a', { type: 'mcu', room_id: 'x' }, moderator({ rooms: [] }))).toMatchObject(
      reason('unauthorized'),
    );
    expect(await refusedOn('a', { type: 'mcu', room_id: 'lobby' })).toMatchObject(reason('incompatible_session'));
    expect(node.rooms.count).toBe(2);
  });
});
