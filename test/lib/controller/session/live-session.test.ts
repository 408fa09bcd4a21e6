import { beforeEach, describe, expect, test } from 'vitest';
import { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller } from '../../../support/callers.ts';
import { flush, type ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeBackend } from '../../../support/fake-backend.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { create, FakeWorld, sessionSpec } from '../../../support/world.ts';

let world: FakeWorld;
let backend: FakeBackend;
let clock: ManualClock;
beforeEach(() => {
  world = new FakeWorld();
  backend = new FakeBackend();
  clock = world.clock;
});

const open = (fields: Record<string, unknown> = {}, creator = caller()): LiveSession =>
  new LiveSession(sessionSpec({ creator, data: create(fields), backend }), world);
async function started(fields: Record<string, unknown> = {}, creator = caller()): Promise<LiveSession> {
  const session = open(fields, creator);
  await session.start();
  await flush();
  return session;
}
/** The session is over, once, and holds nothing any more. */
function expectOver(why: string) {
  expect(world.over).toEqual([{ sessionId: 's', reason: why }]);
  expect(clock.pending).toBe(0);
  expect(backend.media.closed).toBeGreaterThan(0);
}
const seqs = () => world.events().map(({ seq }) => seq);
const destroyed = () => world.events().find(({ type }) => type === 'destroyed')?.body;
const userStop = () => new PatchbayError('user_stop');

describe('a session with an offer', () => {
  test('is created, answered and destroyed, in this order and without a gap', async () => {
    const session = await started();
    expect(session.state).toBe('ready');
    await clock.advance(3400);
    await session.stop(userStop());
    expect(world.types()).toEqual(['created', 'answer', 'destroyed']);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(destroyed()).toEqual({ code: 100011, reason: 'user_stop', error: 'stopped by its owner', duration: 3 });
    expectOver('user_stop');
    expect(world.records.size).toBe(0);
  });

  test('exists as soon as its record is claimed, before its answer is there', async () => {
    backend.answers = 'later';
    const session = await started();
    expect(session.state).toBe('wait');
    expect(world.types()).toEqual(['created']);
    expect(world.records.get('acme/s')).toMatchObject({ state: 'wait', nodeId: 'node-1', attempt: 1 });
    backend.media.answers();
    await flush();
    expect(session.state).toBe('ready');
    expect(world.records.get('acme/s')).toMatchObject({ state: 'ready' });
  });

  test('hands the offer to the engine while its record is being claimed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.claiming = promise;
    const session = open();
    const starting = session.start();
    await flush();
    expect(backend.media.offer).toEqual(offer);
    expect(world.types()).toEqual([]);
    resolve();
    await starting;
    await flush();
    expect(world.types()).toEqual(['created', 'answer']);
  });

  test('gives its answer to who waits, and to who asks later', async () => {
    backend.answers = 'later';
    const session = await started();
    const waits = [session.negotiation.answer.known.wait(1000), session.negotiation.answer.known.wait(2000)];
    backend.media.answers();
    expect(await Promise.all(waits)).toEqual([answer, answer]);
    expect(await session.negotiation.answer.known.wait(1000)).toEqual(answer);
    expect(world.events().find(({ type }) => type === 'answer')?.body).toEqual({ answer });
  });

  test('tells all about itself in created, but no SDP', async () => {
    await started({ mute_audio: true, bitrate: 64_000, wait_timeout: 7 });
    const body = world.events()[0]?.body;
    expect(body).toMatchObject({
      session_id: 's',
      type: 'echo',
      backend: 'janus',
      backend_role: 'offeree',
      state: 'wait',
      wait_timeout: 7,
      mute_audio: true,
      mute_video: false,
      mute_data: false,
      bitrate: 64_000,
      user_id: 'ann',
      node_id: 'node-1',
    });
    expect(JSON.stringify(body)).not.toMatch(/m=audio|resume|hash/);
  });

  test('keeps its record until its own timers must have ended it, and an hour more', async () => {
    await started({ wait_timeout: 10, ready_timeout: 100 });
    expect(world.expiries).toEqual([Date.UTC(2030, 0, 1) / 1000 + 10 + 100 + 3600]);
  });
});

describe('events', () => {
  test('go to the owner, batched where the connection asked for it', async () => {
    await started({}, caller({ connectionId: 'c', batch: true }));
    expect(world.published.map(({ connectionId, batch }) => [connectionId, batch])).toEqual([
      ['c', true],
      ['c', true],
    ]);
  });

  test('go to nobody without a subscription, but are numbered', async () => {
    const session = await started({ subscribe: false });
    expect(world.published).toEqual([]);
    expect(session.voice.seq).toBe(2);
  });

  test("carry the client's event_body, which never replaces a field of theirs", async () => {
    const session = await started({ event_body: { color: 'red', reason: 'mine', answer: 1 } });
    await session.stop(userStop());
    expect(world.events()[0]?.body).toMatchObject({ color: 'red' });
    expect(world.events()[1]?.body).toMatchObject({ color: 'red', answer });
    expect(destroyed()).toMatchObject({ color: 'red', reason: 'user_stop' });
  });
});

describe('a session ends by itself', () => {
  test('with session_timeout when no answer comes in wait_timeout', async () => {
    const session = await started({ wait_timeout: 5, offer: undefined });
    await clock.advance(4999);
    expect(session.state).toBe('wait');
    await clock.advance(1);
    expect(destroyed()).toMatchObject({ reason: 'session_timeout', duration: 5 });
    expect(destroyed()?.error).toContain('wait_timeout, 5 s');
    expectOver('session_timeout');
  });

  test('not by wait_timeout once it is ready, but by ready_timeout', async () => {
    const session = await started({ wait_timeout: 5, ready_timeout: 60 });
    await clock.advance(59_999);
    expect(session.state).toBe('ready');
    await clock.advance(1);
    expect(destroyed()).toMatchObject({ reason: 'session_timeout' });
    expect(destroyed()?.error).toContain('ready_timeout, 60 s');
    expectOver('session_timeout');
  });

  test('by wait_timeout or destroy, though the engine still makes up its mind', async () => {
    backend.answers = 'later';
    await started({ wait_timeout: 5 });
    await clock.advance(5000);
    expectOver('session_timeout');
    world.over.length = 0;
    const second = await started();
    await second.stop(userStop());
    expectOver('user_stop');
    backend.media.answers();
    await flush();
    expect(world.types()).toEqual(['created', 'destroyed', 'created', 'destroyed']);
    expect(second.state).toBe('destroyed');
  });

  test("with the engine's error when that refuses the offer", async () => {
    backend.answers = 'later';
    const session = await started();
    const waiting = rejection(session.negotiation.answer.known.wait(1000));
    backend.media.fails(new PatchbayError('invalid_value', 'Janus cannot use the SDP'));
    await flush();
    expect(world.types()).toEqual(['created', 'destroyed']);
    expect(await waiting).toMatchObject(reason('invalid_value'));
    expectOver('invalid_value');
  });

  test('with internal_error, and none of its words, when the engine throws something else', async () => {
    backend.answers = 'later';
    await started();
    backend.media.fails(new TypeError('secret is undefined'));
    await flush();
    expect(destroyed()).toMatchObject({ reason: 'internal_error' });
    expect(JSON.stringify(world.events())).not.toContain('secret');
  });

  test('when the engine stops it', async () => {
    await started();
    backend.media.sink.stopped(new PatchbayError('janus_session_down'));
    await flush();
    expect(destroyed()).toMatchObject({ reason: 'janus_session_down' });
    expectOver('janus_session_down');
  });

  test('once, when the engine stops it before its answer: created, then destroyed', async () => {
    backend.answers = 'later';
    await started();
    backend.media.sink.stopped(new PatchbayError('janus_session_down'));
    backend.media.fails(new PatchbayError('janus_session_down'));
    await flush();
    expect(world.types()).toEqual(['created', 'destroyed']);
    expectOver('janus_session_down');
  });

  test('once, when everything stops it at the same moment', async () => {
    const session = await started({ ready_timeout: 60, reconnect_timeout: 60 });
    session.connectionGone('connection-1');
    backend.media.sink.stopped(new PatchbayError('janus_session_down'));
    const stops = [session.stop(userStop()), session.stop(userStop())];
    await clock.advance(60_000);
    await Promise.all(stops);
    expect(world.over).toHaveLength(1);
    expect(session.voice.seq).toBe(4);
    expect(clock.pending).toBe(0);
  });
});

describe('the owner', () => {
  test('who is gone has reconnect_timeout, then it is registered_down', async () => {
    const session = await started({ reconnect_timeout: 30 });
    session.connectionGone('connection-1');
    await flush();
    expect(session.voice.status).toMatchObject({ owner: { status: 'gone' } });
    await clock.advance(29_999);
    expect(session.state).toBe('ready');
    await clock.advance(1);
    expect(session.state).toBe('destroyed');
    expectOver('registered_down');
  });

  test('who is gone is sent nothing more', async () => {
    const session = await started();
    session.connectionGone('connection-1');
    await session.stop(userStop());
    expect(world.types()).toEqual(['created', 'answer']);
    expect(session.voice.seq).toBe(4);
  });

  test('who is gone ends it at once with reconnect_timeout 0', async () => {
    const session = await started({ reconnect_timeout: 0 });
    session.connectionGone('connection-1');
    await clock.advance(0);
    expectOver('registered_down');
  });

  test('who is gone after the end changes nothing', async () => {
    const session = await started();
    await session.stop(userStop());
    session.connectionGone('connection-1');
    expect(session.voice.seq).toBe(3);
    expectOver('user_stop');
  });
});

test('a second destroy finds the session over and does nothing', async () => {
  const session = await started();
  await session.stop(userStop());
  await session.stop(new PatchbayError('api_stop'));
  expect(world.types()).toEqual(['created', 'answer', 'destroyed']);
  expectOver('user_stop');
});

describe('the record', () => {
  test('that is claimed already: duplicated_session_id, without an event', async () => {
    await started();
    world.published.length = 0;
    const second = open();
    expect(await rejection(second.start())).toMatchObject(reason('duplicated_session_id'));
    expect(second.state).toBe('destroyed');
    expect(world.published).toEqual([]);
    expect(backend.media.closed).toBe(1);
    expect(world.over).toEqual([{ sessionId: 's', reason: 'duplicated_session_id' }]);
    expect(world.records.get('acme/s')).toBeDefined();
  });

  test('that cannot be claimed fails the create as the store failed, and frees the media', async () => {
    world.claiming = Promise.reject(new Error('throttled'));
    const session = open();
    await expect(session.start()).rejects.toThrow('throttled');
    expect(world.published).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(backend.media.closed).toBe(1);
  });

  test("that is another node's when it should become ready: the session ends silently", async () => {
    backend.answers = 'later';
    const session = await started();
    world.fenced = true;
    backend.media.answers();
    await flush();
    expect(session.state).toBe('destroyed');
    expect(world.types()).toEqual(['created', 'answer']);
    expectOver('session_stop');
    expect(world.records.has('acme/s')).toBe(true);
  });

  test('is written in order: one that takes long is not overtaken by a newer one', async () => {
    backend.answers = 'later';
    const session = await started();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.writing = promise;
    backend.media.answers();
    await flush();
    world.writing = Promise.resolve();
    await session.attach(caller({ connectionId: 'c2' }), undefined, undefined);
    await flush();
    expect(world.records.get('acme/s')).toMatchObject({ state: 'wait', connectionId: 'connection-1' });
    resolve();
    await flush();
    expect(world.records.get('acme/s')).toMatchObject({ state: 'ready', connectionId: 'c2' });
  });

  test('that cannot be written does not end the session', async () => {
    backend.answers = 'later';
    const session = await started();
    world.writing = Promise.reject(new Error('throttled'));
    world.writing.catch(() => {});
    backend.media.answers();
    await flush();
    expect(session.state).toBe('ready');
    await session.stop(userStop());
    expectOver('user_stop');
  });
});

describe('update_media', () => {
  test('answers what took effect, and get_info shows it', async () => {
    const session = await started({ bitrate: 1000 });
    expect(await session.updateMedia({ mute_audio: true })).toEqual({ mute_audio: true });
    expect(await session.updateMedia({ mute_video: true, bitrate: 0 })).toEqual({ mute_video: true, bitrate: true });
    expect(session.media.state).toEqual({ mute_audio: true, mute_video: true, mute_data: false, bitrate: 0 });
    expect(backend.media.changes).toEqual([{ mute_audio: true }, { mute_video: true, bitrate: 0 }]);
  });

  test('keeps as it was what the engine cannot do', async () => {
    const session = await started();
    backend.media.refuses = { mute_data: false };
    expect(await session.updateMedia({ mute_audio: true, mute_data: true })).toEqual({
      mute_audio: true,
      mute_data: false,
    });
    expect(session.media.state).toMatchObject({ mute_audio: true, mute_data: false });
  });

  test('in wait is remembered, the newest of each field, and takes effect at once when the session is ready', async () => {
    backend.answers = 'later';
    const session = await started();
    backend.media.refuses = { mute_data: false };
    expect(await session.updateMedia({ mute_audio: true, bitrate: 1000, mute_data: true })).toEqual({});
    expect(await session.updateMedia({ mute_audio: undefined, bitrate: 2000 })).toEqual({});
    expect(backend.media.changes).toEqual([]);
    expect(session.media.state).toMatchObject({ mute_audio: false, bitrate: 0 });
    backend.media.answers();
    await flush();
    expect(backend.media.changes).toEqual([{ mute_audio: true, bitrate: 2000, mute_data: true }]);
    expect(session.media.state).toEqual({ mute_audio: true, mute_video: false, mute_data: false, bitrate: 2000 });
  });

  test('that comes as the session gets ready counts more than what was remembered', async () => {
    const session = new LiveSession(
      sessionSpec({ data: create({ type: 'listen', offer: undefined, publisher_id: 'p' }), backend }),
      world,
    );
    await session.start();
    await flush();
    await session.updateMedia({ mute_audio: true, bitrate: 1000 });
    const both = [session.setAnswer(answer), session.updateMedia({ mute_audio: false })];
    await Promise.all(both);
    await flush();
    expect(session.media.state).toMatchObject({ mute_audio: false, bitrate: 1000 });
    expect(backend.media.changes).toEqual([{ mute_audio: true, bitrate: 1000 }, { mute_audio: false }]);
  });

  test('that was remembered and that the engine then refuses changes nothing: the session lives on', async () => {
    backend.answers = 'later';
    const session = await started();
    backend.media.failure = new PatchbayError('janus_error');
    await session.updateMedia({ mute_audio: true });
    backend.media.answers();
    await flush();
    expect(world.types()).toEqual(['created', 'answer']);
    expect(session.media.state.mute_audio).toBe(false);
  });

  test('that the engine refuses changes nothing', async () => {
    const session = await started();
    backend.media.failure = new PatchbayError('janus_error');
    expect(await rejection(session.updateMedia({ mute_audio: true }))).toMatchObject(reason('janus_error'));
    expect(session.state).toBe('ready');
    expect(session.media.state).toMatchObject({ mute_audio: false });
  });

  test('takes a mute back', async () => {
    const session = await started({ mute_audio: true });
    expect(session.media.state).toMatchObject({ mute_audio: true });
    expect(await session.updateMedia({ mute_audio: false })).toEqual({ mute_audio: true });
    expect(session.media.state).toMatchObject({ mute_audio: false });
  });

  test('of a p2p session is invalid_operation: its media does not come by', async () => {
    const session = new LiveSession(sessionSpec({ data: create({ type: 'p2p' }) }), world);
    await session.start();
    expect(await rejection(session.updateMedia({ mute_audio: true }))).toMatchObject(reason('invalid_operation'));
  });

  test('after the end is session_not_found', async () => {
    const session = await started();
    await session.stop(userStop());
    expect(await rejection(session.updateMedia({ mute_audio: true }))).toMatchObject(reason('session_not_found'));
  });
});

describe('set_answer', () => {
  test('of a session whose answer the engine makes is invalid_operation, and answer_already_set once it is made', async () => {
    backend.answers = 'later';
    const session = await started();
    expect(await rejection(session.setAnswer(answer))).toMatchObject(reason('invalid_operation'));
    backend.media.answers();
    await flush();
    expect(await rejection(session.setAnswer(answer))).toMatchObject(reason('answer_already_set'));
  });

  test('makes a p2p session ready, and is its answer event', async () => {
    const session = new LiveSession(sessionSpec({ data: create({ type: 'p2p' }) }), world);
    await session.start();
    await session.setAnswer(answer);
    expect(session.state).toBe('ready');
    expect(world.types()).toEqual(['created', 'answer']);
    expect(await session.negotiation.answer.known.wait(1)).toEqual(answer);
  });

  test('after the end is session_not_found', async () => {
    const session = await started();
    await session.stop(userStop());
    expect(await rejection(session.setAnswer(answer))).toMatchObject(reason('session_not_found'));
  });
});

describe('candidates for an engine', () => {
  const line = (port: number) => ({ candidate: `candidate:1 1 udp 1 192.0.2.7 ${port} typ host`, sdpMLineIndex: 0 });

  test('that come before its answer are given to it as soon as that is there, then the end', async () => {
    backend.answers = 'later';
    const session = await started();
    await session.addCandidates([line(1)]);
    await session.endCandidates();
    await session.addCandidates([line(2)]);
    expect(backend.media.trickled).toEqual([]);
    backend.media.answers();
    await flush();
    expect(backend.media.trickled).toEqual([line(1).candidate, line(2).candidate, 'end']);
  });

  test('that come later are given to it at once, and are no events', async () => {
    const session = await started();
    await session.addCandidates([line(1), line(2)]);
    await session.endCandidates();
    expect(backend.media.trickled).toEqual([line(1).candidate, line(2).candidate, 'end']);
    expect(world.types()).toEqual(['created', 'answer']);
  });
});

describe('send_info', () => {
  test('is an info event for all subscribers, its fields before those of event_body', async () => {
    const session = await started({ event_body: { color: 'red', info: 'mine' } });
    await session.sendInfo('hold', { since: 5 });
    expect(world.events().at(-1)).toMatchObject({
      type: 'info',
      seq: 3,
      body: { info: 'hold', data: { since: 5 }, color: 'red' },
    });
  });

  test('after the end is session_not_found', async () => {
    const session = await started();
    await session.stop(userStop());
    expect(await rejection(session.sendInfo('hold', {}))).toMatchObject(reason('session_not_found'));
  });
});

describe('status', () => {
  test('is told, and the last of each class is kept', async () => {
    const session = await started();
    const { sink } = backend.media;
    sink.status({ class: 'webrtc', status: 'up' });
    sink.status({ class: 'media', media: 'audio', status: 'up' });
    sink.status({ class: 'media', media: 'audio', status: 'down' });
    await flush();
    expect(world.types()).toEqual(['created', 'answer', 'status', 'status', 'status']);
    expect(session.voice.status).toEqual({
      webrtc: { class: 'webrtc', status: 'up' },
      media: { class: 'media', media: 'audio', status: 'down' },
    });
  });

  test('never overtakes the answer', async () => {
    backend.answers = 'later';
    await started();
    backend.media.sink.status({ class: 'webrtc', status: 'up' });
    backend.media.answers();
    await flush();
    expect(world.types()).toEqual(['created', 'answer', 'status']);
  });

  test('that came before the answer is told before the end', async () => {
    backend.answers = 'later';
    await started();
    backend.media.sink.status({ class: 'hangup', cause: 'ICE failed' });
    backend.media.sink.stopped(new PatchbayError('session_stop'));
    await flush();
    expect(world.types()).toEqual(['created', 'status', 'destroyed']);
  });

  test('after the end is told to nobody', async () => {
    const session = await started();
    await session.stop(userStop());
    backend.media.sink.status({ class: 'webrtc', status: 'down' });
    await flush();
    expect(world.types()).toEqual(['created', 'answer', 'destroyed']);
  });

  test('before the end comes before destroyed', async () => {
    await started();
    const { sink } = backend.media;
    sink.status({ class: 'hangup', cause: 'ICE failed' });
    sink.stopped(new PatchbayError('session_stop'));
    await flush();
    expect(world.types()).toEqual(['created', 'answer', 'status', 'destroyed']);
  });
});

test('an engine that is down makes no session', () => {
  backend.up = false;
  expect(() => open()).toThrow(PatchbayError);
  expect(clock.pending).toBe(0);
});
