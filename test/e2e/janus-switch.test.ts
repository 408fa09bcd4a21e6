import { describe, expect, test } from 'vitest';
import type { MediaRoom } from '../../lib/backends/backend.ts';
import type { Description } from '../../lib/protocol/session.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { reason, rejection } from '../support/errors.ts';
import { askVideoroom } from '../support/janus-admin.ts';
import { roomSpec } from '../support/janus-backend.ts';
import {
  dataFlows,
  flows,
  getsData,
  hears,
  inbound,
  isSilent,
  JanusStage,
  type Listener,
  type Publisher,
  sees,
  useStage,
} from '../support/janus-stage.ts';
import { answerOffer } from '../support/media-ends.ts';

const on = useStage();

const switched = ({ session }: Listener, { session: to }: Publisher): Promise<Description | undefined> =>
  session.changePublisher?.(to) ?? Promise.reject(new Error('it cannot switch'));

describe('a listener that switches', () => {
  test('hears and sees the other publisher on the same peer connection', async () => {
    const room = on.stage.openRoom();
    const [first, second] = [
      await on.stage.publish(room, [on.stage.tone(440), on.stage.picture({ color: 'red' })]),
      await on.stage.publish(room, [on.stage.tone(880), on.stage.picture({ color: 'blue' })]),
    ];
    const listener = await on.stage.listen(first.session);
    await hears(listener, 440);
    await sees(listener, 'red');
    expect(await switched(listener, second)).toBeUndefined();
    await hears(listener, 880);
    await sees(listener, 'blue');
    expect(listener.session.recorder).toBe(second.session.recorder);
    expect(await switched(listener, first)).toBeUndefined();
    await hears(listener, 440);
    expect(listener.peerConnection.connectionState).toBe('connected');
  });

  test('gets a new offer where the video codec is another', async () => {
    const spec = roomSpec();
    await askVideoroom(on.bench.janus.url, {
      request: 'create',
      room: spec.mediaId,
      videocodec: 'vp8,vp9',
      description: 'of another',
    });
    const room: MediaRoom = { spec, make: async () => {}, close: async () => {} };
    const first = await on.stage.publish(room, [on.stage.tone(440), on.stage.picture({ color: 'red' })], {
      videoCodec: 'VP8',
    });
    const second = await on.stage.publish(room, [on.stage.tone(880), on.stage.picture({ color: 'blue' })], {
      videoCodec: 'VP9',
    });
    const listener = await on.stage.listen(first.session);
    await sees(listener, 'red');
    const offer = await switched(listener, second);
    if (!offer) throw new Error('no offer');
    expect(await rejection(switched(listener, first))).toMatchObject(reason('invalid_state'));
    await answerOffer(listener.session, listener.peerConnection, offer);
    await hears(listener, 880);
    await sees(listener, 'blue');
    expect(listener.peerConnection.connectionState).toBe('connected');
    await askVideoroom(on.bench.janus.url, { request: 'destroy', room: spec.mediaId });
  });

  test('gets a new offer where there are more or fewer media', async () => {
    const room = on.stage.openRoom();
    const voice = await on.stage.publish(room, [on.stage.tone(440)]);
    const film = await on.stage.publish(room, [on.stage.tone(880), on.stage.picture({ color: 'green' })]);
    const listener = await on.stage.listen(voice.session);
    await hears(listener, 440);
    for (const round of [1, 2]) {
      const more = await switched(listener, film);
      if (!more) throw new Error(`no offer for more media in round ${round}`);
      await answerOffer(listener.session, listener.peerConnection, more);
      await hears(listener, 880);
      await sees(listener, 'green');
      const fewer = await switched(listener, voice);
      if (!fewer) throw new Error(`no offer for fewer media in round ${round}`);
      await answerOffer(listener.session, listener.peerConnection, fewer);
      await hears(listener, 440);
      await isSilent(listener, 'video');
    }
  });

  test('keeps its mutes, and what is muted never comes through', async () => {
    const room = on.stage.openRoom();
    const first = await on.stage.publish(room, [on.stage.tone(), on.stage.picture()]);
    const second = await on.stage.publish(room, [on.stage.tone(), on.stage.picture({ color: 'blue' })]);
    const listener = await on.stage.listen(first.session, { mute_audio: true });
    await flows(listener, 'video');
    expect(await switched(listener, second)).toBeUndefined();
    await sees(listener, 'blue');
    expect(await inbound(listener, 'audio')).toBe(0);
    expect(await listener.session.updateMedia?.({ mute_audio: false })).toEqual({ mute_audio: true });
    await flows(listener, 'audio');
  });

  test('to a publisher that has ended is refused, and goes on as before', async () => {
    const room = on.stage.openRoom();
    const first = await on.stage.publish(room, [on.stage.tone(440)]);
    const gone = await on.stage.publish(room, [on.stage.tone(), on.stage.picture()]);
    await gone.session.close();
    const listener = await on.stage.listen(first.session);
    const failed = switched(listener, gone);
    expect(await rejection(failed)).toMatchObject(reason('invalid_publisher'));
    await hears(listener, 440);
  });

  test('from a publisher that has ended gets a new offer, and nothing else before that is answered', async () => {
    const room = on.stage.openRoom();
    const [gone, voice, film] = [
      await on.stage.publish(room, [on.stage.tone(440)]),
      await on.stage.publish(room, [on.stage.tone(880)]),
      await on.stage.publish(room, [on.stage.tone(660), on.stage.picture()]),
    ];
    const listener = await on.stage.listen(gone.session);
    await hears(listener, 440);
    await gone.session.close();
    const offer = await switched(listener, voice);
    if (!offer) throw new Error('no offer');
    expect(await rejection(switched(listener, film))).toMatchObject(reason('invalid_state'));
    await answerOffer(listener.session, listener.peerConnection, offer);
    await hears(listener, 880);
  });

  test('between voices needs no new offer, once it has got one for the data that is no more', async () => {
    const room = on.stage.openRoom();
    const [chat, first, second] = [
      await on.stage.publish(room, [on.stage.tone(440)], { hasData: true }),
      await on.stage.publish(room, [on.stage.tone(660)]),
      await on.stage.publish(room, [on.stage.tone(880)]),
    ];
    const listener = await on.stage.listen(chat.session);
    await dataFlows(chat, listener, 'hello');
    const offer = await switched(listener, first);
    if (!offer) throw new Error('no offer');
    await answerOffer(listener.session, listener.peerConnection, offer);
    await hears(listener, 660);
    expect(await getsData(chat, listener, 'late')).toBe(false);
    expect(await switched(listener, second)).toBeUndefined();
    await hears(listener, 880);
    const again = await switched(listener, chat);
    if (!again) throw new Error('no offer for the data');
    await answerOffer(listener.session, listener.peerConnection, again);
    await hears(listener, 440);
    await dataFlows(chat, listener, 'back');
  });
});

describe('a switch that fails', () => {
  test('leaves what was heard as it was, and what is muted muted', async () => {
    const [here, elsewhere] = [on.stage.openRoom(), on.stage.openRoom()];
    const publisher = await on.stage.publish(here, [on.stage.tone(), on.stage.picture({ color: 'red' })]);
    const other = await on.stage.publish(elsewhere, [on.stage.tone(), on.stage.picture({ color: 'blue' })]);
    const listener = await on.stage.listen(publisher.session, { mute_audio: true });
    await sees(listener, 'red');
    expect(await rejection(switched(listener, other))).toMatchObject(reason('invalid_publisher'));
    await flows(listener, 'video');
    await sees(listener, 'red');
    expect(await inbound(listener, 'audio')).toBe(0);
    expect(listener.session.recorder).toBe(publisher.session.recorder);
  });

  test.each(['"paused":"ok"', '"switched":"ok"'])(
    'because Janus is out of reach after %s lets the media flow again when it is back, what is muted muted',
    async (answer) => {
      const proxy = await CuttableProxy.before(on.bench.janus.url);
      const janus = await on.bench.connect({
        address: { ...on.bench.janus.address, url: proxy.url },
        nodeId: 'behind-a-proxy',
      });
      const stage = new JanusStage(janus);
      try {
        const room = stage.openRoom();
        const first = await stage.publish(room, [stage.tone(), stage.picture()]);
        const second = await stage.publish(room, [stage.tone(), stage.picture()]);
        const listener = await stage.listen(first.session, { mute_audio: true });
        await flows(listener, 'video');
        proxy.silenceAt(answer);
        const failed = rejection(switched(listener, second));
        await isSilent(listener, 'video');
        proxy.cut();
        proxy.mend();
        expect(await failed).toMatchObject(reason('janus_connection_error'));
        await flows(listener, 'video');
        expect(await inbound(listener, 'audio')).toBe(0);
        expect(await listener.session.updateMedia?.({ mute_audio: false })).toEqual({ mute_audio: true });
        await flows(listener, 'audio');
      } finally {
        await stage.close();
        await janus.stop();
        await proxy.stop();
      }
    },
  );
});
