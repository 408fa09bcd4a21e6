import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { reason, rejection } from '../support/errors.ts';
import { engineKinds, mediaSpec } from '../support/freeswitch-backend.ts';
import { flows, type Leg, useFreeSwitch } from '../support/freeswitch-stage.ts';
import { KeptSink } from '../support/janus-backend.ts';
import { until } from '../support/until.ts';

const calls = 20;
const cutMs = 5000;

describe.each(engineKinds)('calls of FreeSWITCH, the %s', (engine) => {
  const world = useFreeSwitch(engine);
  const manyCalls = () => Promise.all(Array.from({ length: calls }, () => world.stage.connected('echo')));
  const isUp = () => until('FreeSWITCH is up', () => world.stage.backend.engine().up, 20_000);
  const ids = (legs: readonly Leg[]) => legs.map(({ id }) => id).sort();
  const listed = async () => (await world.bench.channels()).map(({ uuid }) => uuid).sort();
  const untouched = (legs: readonly Leg[]) => {
    for (const { sink } of legs) expect([sink.statuses, sink.ends]).toEqual([[], 0]);
  };

  test.each([
    ['the event socket', ['eslPort']],
    ['SIP', ['sipPort']],
    ['both', ['eslPort', 'sipPort']],
  ] as const)(
    'go on when %s cannot be reached for a while, and are as FreeSWITCH has them afterwards',
    async (_, ports) => {
      const { bench, stage } = world;
      const legs = await manyCalls();
      const [left, lost] = [legs[0] as Leg, legs[1] as Leg];
      const mended = delay(cutMs).then(() => bench.sockets.mend());
      for (const port of ports) bench.sockets.cut(bench.address[port]);
      await until('it is noticed', () => !stage.backend.engine().up);
      await Promise.all(legs.slice(2, 6).map(flows));

      const isAway = (ports as readonly string[]).includes('eslPort');
      const changed = left.session.changeType?.({ type: 'park' });
      if (isAway) expect(await rejection(changed ?? Promise.resolve())).toMatchObject(reason('fs_error'));
      else await changed;
      expect(() => stage.backend.open(mediaSpec({ type: 'park' }), new KeptSink())).toThrow('not connected');
      // One call ends without our hearing of it.
      await bench.ask(`uuid_kill ${lost.id}`);

      await mended;
      await isUp();
      await until('the end is told', () => lost.sink.ends === 1);
      const rest = legs.filter((leg) => leg !== lost);
      untouched(rest);
      await until('the lists are the same', async () => `${await listed()}` === `${ids(rest)}`);
      expect(stage.backend.engine().sessions).toBe(calls - 1);
      await left.session.changeType?.({ type: 'park' });
      await left.session.changeType?.({ type: 'echo' });
      await flows(left);
      await stage.connected('echo');
    },
  );

  test('where they are is learnt after the event socket was away', async () => {
    const { bench, stage } = world;
    const [one, other, moved] = [
      await stage.connected('park'),
      await stage.connected('park', { hz: 660 }),
      await stage.connected('park'),
    ];
    await one.session.changeType?.({ type: 'bridge', peer: other.session });
    bench.sockets.cut(bench.address.eslPort);
    await until('it is noticed', () => !stage.backend.engine().up);
    await bench.ask(`uuid_transfer ${moved.id} echo inline`);
    await other.session.close();
    await bench.ask(`uuid_kill ${other.id}`);
    // Its client connects meanwhile.
    await delay(500);
    bench.sockets.mend();
    await isUp();
    await moved.session.changeType?.({ type: 'echo' });
    await one.session.changeType?.({ type: 'echo' });
    await Promise.all([flows(moved), flows(one)]);
  });

  test('that connect while the event socket is away are there afterwards', async () => {
    const { bench, stage } = world;
    const { session, sink } = stage.open('echo');
    const { end } = await stage.client('webrtc', 440);
    const answer = await session.acceptOffer?.({ sdp: await end.offer(), sdp_type: 'webrtc', trickle_ice: false });
    bench.sockets.cut(bench.address.eslPort);
    await end.takeAnswer(answer?.sdp ?? '');
    await delay(1000);
    bench.sockets.mend();
    await isUp();
    await session.changeType?.({ type: 'park' });
    expect(sink.statuses).toEqual([{ class: 'webrtc', status: 'up' }]);
  });

  test('stop when FreeSWITCH dies, each once, within 10 s, and new ones work when it is back', async () => {
    const { bench, stage } = world;
    const legs = await manyCalls();
    const setUp = stage.open('park', { offers: { sdpType: 'rtp', hasVideo: false } });
    const [changed, recorded] = [legs[0] as Leg, legs[1] as Leg];
    await recorded.session.recorder?.start(join(bench.folder, 'recording-at-its-death'));
    const diedAtMs = performance.now();
    const [offered] = await Promise.allSettled([
      setUp.session.makeOffer?.(),
      changed.session.changeType?.({ type: 'park' }),
      bench.killEngine(),
    ]);
    await until('all are told', () => legs.every(({ sink }) => sink.ends === 1), 10_000);
    const tookMs = performance.now() - diedAtMs;
    expect(tookMs).toBeLessThan(10_000);
    for (const { sink } of legs) {
      expect(sink.why).toMatchObject(reason('fs_channel_stop'));
      expect(sink.statuses.map((status) => status.class)).toEqual(['hangup']);
    }
    // An offer that was made or not: it is over all the same.
    if (offered?.status === 'fulfilled') await until('the one that rang is told', () => setUp.sink.ends === 1);
    expect(await rejection(recorded.session.recorder?.stop() ?? Promise.resolve())).toMatchObject(
      reason('recording_failed'),
    );
    console.info(`${engine}: ${calls} ends were told after ${Math.round(tookMs)} ms`);
    await isUp();
    await flows(await stage.connected('echo'));
  });

  test('of a controller that died are ended, those of others are not', async () => {
    const { bench } = world;
    const dead = await bench.connect({ nodeId: 'dead' });
    const other = await bench.connect({ nodeId: 'other' });
    const offer = {
      sdp: (await world.stage.client('rtp', 440)).end.offer(),
      sdp_type: 'rtp',
      trickle_ice: false,
    } as const;
    const sdp = await offer.sdp;
    const open = async (backend: typeof dead) => {
      const spec = mediaSpec({ type: 'park' });
      const session = backend.open(spec, new KeptSink());
      await session.acceptOffer?.({ ...offer, sdp });
      return { session, id: spec.mediaId };
    };
    const [lost, kept] = [await open(dead), await open(other)];
    await bench.hasChannels(2);
    const again = await bench.connect({ nodeId: 'dead' });
    await until('the stray is ended', async () => `${await listed()}` === kept.id);
    expect(bench.log.join('\n')).toContain(lost.id);
    await Promise.all([again.stop(), other.stop(), dead.stop()]);
  });
});
