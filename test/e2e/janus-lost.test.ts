import { describe, expect, test } from 'vitest';
import { useCutOffJanus } from '../support/cut-off-janus.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { reason } from '../support/errors.ts';
import { janusHandles, janusPeers, janusRooms } from '../support/janus-admin.ts';
import { hears, JanusStage } from '../support/janus-stage.ts';
import { until } from '../support/until.ts';

const on = useCutOffJanus();

const roomNames = async () => (await janusRooms(on.bench.janus.url)).map(({ room }) => room);

describe('Janus is lost', () => {
  test('when it dies: sessions and rooms are janus_session_down within 10 s, once, and new ones can be made', async () => {
    const [busy, idle] = [on.stage.openRoom(), on.stage.openRoom()];
    const publisher = await on.stage.publish(busy, [on.stage.tone()]);
    const listener = await on.stage.listen(publisher.session);
    await idle.make();
    process.kill(on.pid, 'SIGKILL');
    await until('all are told', () => publisher.sink.why && listener.sink.why && busy.ends[0] && idle.ends[0]);
    await until('Janus is up again', () => on.janus.engine().up);
    const again = await on.stage.publish(on.stage.openRoom(), [on.stage.tone(880)]);
    await hears(await on.stage.listen(again.session), 880);
    for (const { why, ends } of [publisher.sink, listener.sink]) {
      expect({ why, ends }).toMatchObject({ why: reason('janus_session_down'), ends: 1 });
    }
    for (const { ends } of [busy, idle]) expect(ends).toMatchObject([reason('janus_session_down')]);
    expect(on.janus.engine().sessions).toBe(2);
  });

  test('when it is out of reach for long: the same, and nothing of theirs is left in it when it is back', async () => {
    const room = on.stage.openRoom();
    const publisher = await on.stage.publish(room, [on.stage.tone()]);
    await on.goesAway();
    await until('all are told', () => publisher.sink.why && room.ends[0]);
    expect(publisher.sink).toMatchObject({ why: reason('janus_session_down'), ends: 1 });
    expect(room.ends).toMatchObject([reason('janus_session_down')]);
    expect(await janusPeers(on.bench.janus)).toHaveLength(1);
    await on.comesBack();
    await until('nothing is left', async () => (await janusHandles(on.bench.janus)).length === 0);
    await until('no room is left', async () => (await roomNames()).length === 0);
    const again = await on.stage.publish(on.stage.openRoom(), [on.stage.tone(880)]);
    await hears(await on.stage.listen(again.session), 880);
  });

  test('but not by the late end of a connection that was given up', async () => {
    const halfDead = await CuttableProxy.before(on.bench.janus.url);
    halfDead.silenceAt('server_info');
    const backend = await on.bench.connect({
      address: { ...on.bench.janus.address, url: halfDead.url },
      nodeId: 'half-dead',
    });
    const own = new JanusStage(backend);
    const publisher = await own.publish(own.openRoom(), [own.tone(440)]);
    halfDead.cutSilent();
    await hears(await own.listen(publisher.session), 440);
    expect(backend.engine().up).toBe(true);
    await own.close();
    await backend.stop();
    await halfDead.stop();
  });

  test('so that it does not answer any more: the backend ends all the same, in a few seconds', async () => {
    process.kill(on.pid, 'SIGSTOP');
    try {
      const startedAtMs = performance.now();
      await on.janus.stop();
      expect(performance.now() - startedAtMs).toBeLessThan(4000);
      expect(on.janus.engine().up).toBe(false);
    } finally {
      process.kill(on.pid, 'SIGCONT');
    }
    await until('Janus has ended the session', async () => (await janusHandles(on.bench.janus)).length === 0);
  });
});
