import { describe, expect, test } from 'vitest';
import { PublishSession } from '../../lib/backends/janus/publish.ts';
import { reason, rejection } from '../support/errors.ts';
import { askVideoroom, janusRooms } from '../support/janus-admin.ts';
import { KeptSink, mediaSpec } from '../support/janus-backend.ts';
import { dataFlows, flows, hears, isSilent, sees, useStage } from '../support/janus-stage.ts';
import { until } from '../support/until.ts';

const on = useStage();

describe('one publisher and three listeners', () => {
  test('each hears, sees and reads what is published', async () => {
    const publisher = await on.stage.publish(
      on.stage.openRoom(),
      [on.stage.tone(440), on.stage.picture({ color: 'green' })],
      {
        hasData: true,
      },
    );
    const listeners = await Promise.all([1, 2, 3].map(() => on.stage.listen(publisher.session)));
    for (const listener of listeners) {
      await hears(listener, 440);
      await sees(listener, 'green');
      await dataFlows(publisher, listener, 'hello');
    }
    expect(publisher.sink.statuses).toContainEqual({ class: 'webrtc', status: 'up' });
    expect(on.janus.engine().sessions).toBe(4);
  });

  test('one that comes before the publisher is connected waits for it', async () => {
    const opened = on.stage.openPublisher(on.stage.openRoom());
    const listening = on.stage.listen(opened.session);
    await on.stage.send(opened, [on.stage.tone()]);
    await flows(await listening, 'audio');
  });
});

describe('a publisher that is waited for', () => {
  /** Not up before its client has the answer. */
  const opened = () => {
    const { session } = on.stage.openPublisher(on.stage.openRoom());
    if (!(session instanceof PublishSession)) throw new Error('it publishes nothing');
    return session;
  };
  const waited = (session: PublishSession, timeoutMs = 5000) => rejection(session.joined(timeoutMs));

  test('in vain is invalid_publisher', async () => {
    expect(await waited(opened(), 100)).toMatchObject({
      ...reason('invalid_publisher'),
      message: 'the publisher has no media connection yet',
    });
  });

  test('and closed is invalid_publisher at once, for a listener too, which leaves nothing', async () => {
    const session = opened();
    const waiting = waited(session);
    const listening = rejection(on.stage.openListener(session).session.makeOffer?.() ?? Promise.resolve());
    await session.close();
    for (const error of [await waiting, await listening, await waited(session)]) {
      expect(error).toMatchObject({ ...reason('invalid_publisher'), message: 'the publisher has ended' });
    }
  });

  test('after it was up and has ended is invalid_publisher', async () => {
    const session = opened();
    await on.stage.send({ session, sink: new KeptSink() }, [on.stage.tone()]);
    await session.joined(5000);
    await session.close();
    expect(await waited(session)).toMatchObject(reason('invalid_publisher'));
  });
});

describe('a room', () => {
  test('is made once, whoever comes first', async () => {
    const room = on.stage.openRoom();
    await Promise.all([
      room.make(),
      room.make(),
      on.stage.publish(room, [on.stage.tone()]),
      on.stage.publish(room, [on.stage.tone()]),
    ]);
    expect(await janusRooms(on.bench.janus.url)).toHaveLength(1);
    expect(on.janus.engine().sessions).toBe(2);
  });

  test('that is closed while its first publisher comes refuses that, and is gone', async () => {
    const room = on.stage.openRoom();
    const publishing = on.stage.publish(room, [on.stage.tone()]).catch((error: unknown) => error);
    await room.close();
    await room.close();
    expect(['room_destroyed', 'room_not_found']).toContain(Reflect.get(Object(await publishing), 'reason'));
    expect(room.ends).toEqual([]);
  });

  test('whose publishers and room are closed at once is gone', async () => {
    const room = on.stage.openRoom();
    const publishers = [
      await on.stage.publish(room, [on.stage.tone()]),
      await on.stage.publish(room, [on.stage.tone()]),
    ];
    const [first] = publishers;
    if (!first) throw new Error('nobody publishes');
    const listener = await on.stage.listen(first.session);
    await Promise.all([room.close(), listener.session.close(), ...publishers.map(({ session }) => session.close())]);
    expect(publishers.every(({ sink }) => sink.ends <= 1)).toBe(true);
  });
});

describe('the end', () => {
  test('of a publisher leaves nothing to listen to', async () => {
    const room = on.stage.openRoom();
    const publisher = await on.stage.publish(room, [on.stage.tone()]);
    const listener = await on.stage.listen(publisher.session);
    await flows(listener, 'audio');
    await publisher.session.close();
    await isSilent(listener, 'audio');
    expect(listener.sink.ends).toBe(0);
    const late = on.stage.openListener(publisher.session);
    expect(await rejection(late.session.makeOffer?.() ?? Promise.resolve())).toMatchObject(reason('invalid_publisher'));
  });

  test('of a publisher whose client hangs up is told once', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone()]);
    publisher.peerConnection.close();
    await until('it is told', () => publisher.sink.why);
    expect(publisher.sink).toMatchObject({ why: reason('session_stop'), ends: 1 });
  });

  test('of a room, by another hand, is told to its publishers', async () => {
    const room = on.stage.openRoom();
    const publisher = await on.stage.publish(room, [on.stage.tone()]);
    await askVideoroom(on.bench.janus.url, { request: 'destroy', room: room.spec.mediaId });
    await until('it is told', () => publisher.sink.why);
    expect(publisher.sink.why).toMatchObject(reason('room_destroyed'));
  });

  test('of a room that is being made, or never was, leaves none', async () => {
    const room = on.stage.openRoom();
    const making = room.make();
    await room.close();
    await making;
    await room.close();
    await on.stage.openRoom().close();
    expect(await rejection(room.make())).toMatchObject(reason('room_destroyed'));
  });
});

describe('refusals', () => {
  test('one publisher too many is invalid_operation', async () => {
    const room = on.stage.openRoom({ maxPublishers: 1 });
    await on.stage.publish(room, [on.stage.tone()]);
    expect(await rejection(on.stage.publish(room, [on.stage.tone()]))).toMatchObject(reason('invalid_operation'));
  });

  test('a room that Janus has already is room_already_exists', async () => {
    const room = on.stage.openRoom();
    await room.make();
    const again = on.janus.openRoom(room.spec, { stopped: () => {} });
    expect(await rejection(again.make())).toMatchObject(reason('room_already_exists'));
    expect(await janusRooms(on.bench.janus.url)).toHaveLength(1);
  });

  test('a publisher of another Janus connection is different_mediaserver', async () => {
    const publisher = await on.stage.publish(on.stage.openRoom(), [on.stage.tone()]);
    const other = await on.bench.connect({ nodeId: 'other' });
    const spec = mediaSpec({ type: 'listen', publisher: publisher.session });
    expect(() => other.open(spec, new KeptSink())).toThrow(expect.objectContaining(reason('different_mediaserver')));
    await other.stop();
  });
});
