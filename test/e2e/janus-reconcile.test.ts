import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { MediaSession } from '../../lib/backends/backend.ts';
import { ManualClock } from '../support/clock.ts';
import { useCutOffJanus } from '../support/cut-off-janus.ts';
import { reason, rejection } from '../support/errors.ts';
import { askVideoroom, detachJanusHandle, janusHandles, janusPeers, janusRooms } from '../support/janus-admin.ts';
import { KeptSink, mediaSpec, roomSpec } from '../support/janus-backend.ts';
import { flows, hears, JanusStage } from '../support/janus-stage.ts';
import { until } from '../support/until.ts';
import { makeOfferSdp } from '../support/wrtc.ts';

const on = useCutOffJanus();

const roomNames = async () => (await janusRooms(on.bench.janus.url)).map(({ room }) => room);

/** A room that somebody else makes. */
async function makeRoom(description: string): Promise<string> {
  const room = roomSpec().mediaId;
  await askVideoroom(on.bench.janus.url, { request: 'create', room, description });
  return room;
}
const destroyRoom = (room: string) => askVideoroom(on.bench.janus.url, { request: 'destroy', room });

describe('when the WebSocket comes back', () => {
  test('media has flown on, each session is as it was, and nothing is told twice', async () => {
    const room = on.stage.openRoom();
    const publisher = await on.stage.publish(room, [on.stage.tone(440)]);
    const listener = await on.stage.listen(publisher.session);
    await hears(listener, 440);
    const sinks = [publisher.sink, listener.sink];
    await until('all is up', () =>
      sinks.every(({ statuses }) => statuses.some(({ class: name }) => name === 'webrtc')),
    );
    const told = sinks.map(({ statuses }) => [...statuses]);
    for (const round of [1, 2, 3]) {
      await on.goesAway();
      await flows(listener, 'audio');
      await on.comesBack();
      await flows(listener, 'audio');
      await publisher.session.updateMedia?.({ mute_audio: false, bitrate: round * 100_000 });
    }
    expect(sinks.map(({ statuses }) => statuses)).toEqual(told);
    expect([...sinks.map(({ ends }) => ends), room.ends.length]).toEqual([0, 0, 0]);
    expect(on.janus.engine().sessions).toBe(2);
  });

  test('a handle whose attach was never answered is freed, and no other', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone()]);
    const listener = await on.stage.listen(publisher.session);
    const before = await janusHandles(on.bench.janus);
    on.proxy.silenceAt('"success"');
    const failed = rejection(on.stage.openListener(publisher.session).session.makeOffer?.() ?? Promise.resolve());
    await until('Janus has attached it', async () => (await janusHandles(on.bench.janus)).length > before.length);
    await on.goesAway();
    expect(await failed).toMatchObject(reason('janus_connection_error'));
    await on.comesBack();
    await until('it is freed', async () => (await janusHandles(on.bench.janus)).length === before.length);
    expect((await janusHandles(on.bench.janus)).sort()).toEqual(before.sort());
    await flows(listener, 'audio');
  });

  test('a session that was closed meanwhile is freed', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone()]);
    const listener = await on.stage.listen(publisher.session);
    await on.goesAway();
    await listener.session.close();
    expect(await janusPeers(on.bench.janus)).toHaveLength(2);
    await on.comesBack();
    await until('it is freed', async () => (await janusPeers(on.bench.janus)).length === 1);
    expect([publisher.sink.ends, listener.sink.ends]).toEqual([0, 0]);
  });

  test('a session that was closed at the moment of the loss is freed, also without an admin API to ask', async () => {
    const backend = await on.bench.connect({ address: { url: on.proxy.url }, nodeId: 'no-admin' });
    const stage = new JanusStage(backend);
    const publisher = await stage.publish(stage.openRoom(), [stage.tone()]);
    const listeners = [await stage.listen(publisher.session), await stage.listen(publisher.session)];
    for (const { session } of listeners) {
      const closing = session.close();
      on.proxy.cut();
      await until('the loss is noticed', () => !backend.engine().up);
      await closing;
      on.proxy.mend();
      await until('Janus is up again', () => backend.engine().up);
    }
    await until('they are freed', async () => (await janusPeers(on.bench.janus)).length === 1);
    await stage.close();
    await backend.stop();
  });

  test('a hangup that happened meanwhile is told, once', async () => {
    const room = on.stage.openRoom();
    const [leaving, staying] = [
      await on.stage.publish(room, [on.stage.tone()]),
      await on.stage.publish(room, [on.stage.tone()]),
    ];
    await on.goesAway();
    leaving.peerConnection.close();
    await until('Janus has noticed', async () => (await janusPeers(on.bench.janus)).length === 1);
    expect(leaving.sink.ends).toBe(0);
    await on.comesBack();
    await until('it is told', () => leaving.sink.why);
    expect(leaving.sink).toMatchObject({ why: reason('session_stop'), ends: 1 });
    expect(leaving.sink.statuses.slice(-2)).toEqual([
      { class: 'webrtc', status: 'down' },
      { class: 'hangup', cause: 'lost while Janus was out of reach' },
    ]);
    expect(staying.sink.ends).toBe(0);
  });

  test('a handle that Janus dropped meanwhile is janus_session_down, once', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone()]);
    const [handle = 0] = await janusPeers(on.bench.janus);
    await on.goesAway();
    await detachJanusHandle(on.bench.janus, handle);
    await on.comesBack();
    await until('it is told', () => publisher.sink.why);
    expect(publisher.sink).toMatchObject({ why: reason('janus_session_down'), ends: 1 });
  });

  test('media that came up meanwhile is told, once, and can be listened to', async () => {
    const opened = on.stage.openPublisher(on.stage.openRoom());
    /** Loses the WebSocket between Janus' answer and what the client makes of it. */
    const cutting: MediaSession = {
      acceptOffer: async (offer) => {
        const answer = await opened.session.acceptOffer?.(offer);
        await on.goesAway();
        return answer;
      },
      close: async () => {},
    };
    await on.stage.send({ ...opened, session: cutting }, [on.stage.tone()]);
    const ups = () => opened.sink.statuses.filter(({ class: name }) => name === 'webrtc');
    expect(ups()).toEqual([]);
    await on.comesBack();
    await until('it is told', () => ups().length > 0);
    await flows(await on.stage.listen(opened.session), 'audio');
    expect(ups()).toEqual([{ class: 'webrtc', status: 'up' }]);
  });
});

describe('whatever is lost', () => {
  test('the handle that rooms are made with is made anew', async () => {
    const room = on.stage.openRoom();
    await room.make();
    const [handle = 0, ...others] = await janusHandles(on.bench.janus);
    expect(others).toEqual([]);
    await detachJanusHandle(on.bench.janus, handle);
    await until('it is gone', async () => (await janusHandles(on.bench.janus)).length === 0);
    await delay(100);
    await on.stage.openRoom().make();
    expect(on.janus.engine().sessions).toBe(0);
    await room.close();
    expect(await roomNames()).toHaveLength(1);
  });

  test('listeners do not pile up with the sessions, nor with the claims', async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error) => warnings.push(warning);
    process.on('warning', keep);
    const offer = { sdp: await makeOfferSdp(), sdp_type: 'webrtc', trickle_ice: false } as const;
    const sessions = Array.from({ length: 20 }, () => on.janus.open(mediaSpec({ type: 'echo' }), new KeptSink()));
    await Promise.all(sessions.map((session) => session.acceptOffer?.(offer)));
    for (const _ of [1, 2, 3, 4]) {
      await on.goesAway();
      await on.comesBack();
      await sessions[0]?.updateMedia?.({ mute_audio: true });
    }
    await Promise.all(sessions.map((session) => session.close()));
    process.off('warning', keep);
    expect(warnings).toEqual([]);
  });
});

describe('rooms in Janus', () => {
  test('that are marked as ours and have no owner are destroyed, others are not', async () => {
    const mine = on.stage.openRoom();
    await mine.make();
    const [orphan, others, nobodys] = [
      await makeRoom('patchbay bench'),
      await makeRoom('patchbay bench-2'),
      await makeRoom('a room'),
    ];
    await on.goesAway();
    await on.comesBack();
    await until('the orphan is gone', async () => !(await roomNames()).includes(orphan));
    expect((await roomNames()).sort()).toEqual([mine.spec.mediaId, others, nobodys].sort());
    expect(mine.ends).toEqual([]);
    for (const room of [others, nobodys]) await destroyRoom(room);
  });

  test('are looked after once a minute, too', async () => {
    const clock = new ManualClock();
    const backend = await on.bench.connect({ nodeId: 'minute', clock });
    await until('the first time is over', () => clock.pending === 1);
    const orphan = await makeRoom('patchbay minute');
    await clock.advance(60_000);
    await until('the orphan is gone', async () => !(await roomNames()).includes(orphan));
    await backend.stop();
    expect(clock.pending).toBe(0);
  });

  test('that were destroyed by another hand are told to who is in them and to their owners, once', async () => {
    const [busy, idle, kept] = [on.stage.openRoom(), on.stage.openRoom(), on.stage.openRoom()];
    const publisher = await on.stage.publish(busy, [on.stage.tone()]);
    await Promise.all([idle.make(), kept.make()]);
    for (const { spec } of [busy, idle]) await destroyRoom(spec.mediaId);
    await until('who is in it is told, and its owner', () => publisher.sink.why && busy.ends[0]);
    expect(idle.ends).toEqual([]);
    await on.goesAway();
    await on.comesBack();
    await until('the owner of the other is told', () => idle.ends[0]);
    for (const { ends } of [busy, idle]) expect(ends).toMatchObject([reason('janus_session_down')]);
    expect(kept.ends).toEqual([]);
    publisher.peerConnection.close();
    await until('the hangup is over', async () => (await janusPeers(on.bench.janus)).length === 0);
    await delay(200);
    expect(publisher.sink).toMatchObject({ why: reason('room_destroyed'), ends: 1 });
  });

  test('of a backend that ends are destroyed', async () => {
    const backend = await on.bench.connect({ nodeId: 'ends' });
    const stage = new JanusStage(backend);
    await stage.publish(stage.openRoom(), [stage.tone()]);
    await stage.openRoom().make();
    await backend.stop();
    expect(await roomNames()).toEqual([]);
    expect(await janusPeers(on.bench.janus)).toEqual([]);
    await stage.close();
  });

  test('whose making was never answered are destroyed', async () => {
    const room = on.stage.openRoom();
    on.proxy.silenceAt('"created"');
    const failed = rejection(room.make());
    await until('Janus has made it', async () => (await roomNames()).includes(room.spec.mediaId));
    await on.goesAway();
    expect(await failed).toMatchObject(reason('janus_connection_error'));
    await on.comesBack();
    await until('it is gone', async () => (await roomNames()).length === 0);
  });

  test('that were closed meanwhile are destroyed', async () => {
    const room = on.stage.openRoom();
    await room.make();
    await on.goesAway();
    await room.close();
    expect(await roomNames()).toEqual([room.spec.mediaId]);
    await on.comesBack();
    await until('it is gone', async () => (await roomNames()).length === 0);
    expect(room.ends).toEqual([]);
  });
});
