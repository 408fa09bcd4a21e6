import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, type PatchbayClient, startCall } from '../../lib/client/index.ts';
import { WebrtcEnd } from '../support/call-ends.ts';
import { type FlowKind, flowKinds, openFlow } from '../support/flows.ts';
import { received } from '../support/media-ends.ts';
import { nextPicture } from '../support/picture.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { grows, stops, until } from '../support/until.ts';
import { connectClient, newPeerConnection, rtpBytes, sentBps } from '../support/wrtc.ts';

const limitBps = 200_000;
/** What the noise takes where nothing limits it. */
const muchBps = 400_000;

let stack: TestStack;
let client: PatchbayClient;
let scene: Scene;
let noise: Scene;

beforeAll(async () => {
  stack = await startTestStack();
  client = await connectClient(stack.api);
  scene = openScene();
  noise = openScene(undefined, { isNoisy: true });
});
afterAll(async () => {
  scene?.stop();
  noise?.stop();
  client?.close();
  await stack?.stop();
});

// An encoder overshoots a little.
const isLimited = (bps: number) => bps < 1.1 * limitBps;
const kbps = (bps: number) => Math.round(bps / 1000);
const flow = (kind: FlowKind, session = {}) => openFlow(client, kind, scene.stream, { session });
const info = (session_id: string) => client.request('session/get_info', { session_id });
const comes = (end: Pick<Call, 'peerConnection'>, kind: 'audio' | 'video') => () =>
  rtpBytes(end.peerConnection, 'inbound', kind);
const flows = (end: Pick<Call, 'peerConnection'>, kind: 'audio' | 'video') =>
  grows(`${kind} that comes`, comes(end, kind), 1000);
const isSilent = (end: Pick<Call, 'peerConnection'>, kind: 'audio' | 'video') =>
  stops(`${kind} that comes`, comes(end, kind));

describe.concurrent.each(flowKinds)('in a session of kind %s', (kind) => {
  test('each medium is muted by itself, and comes back', async () => {
    const { call, receiver, sender } = await flow(kind);
    for (const [muted, other] of [
      ['audio', 'video'],
      ['video', 'audio'],
    ] as const) {
      const mute = (is: boolean) => call.updateMedia(muted === 'audio' ? { mute_audio: is } : { mute_video: is });
      await flows(receiver, muted);
      expect(await mute(true)).toEqual({ [`mute_${muted}`]: true });
      await isSilent(receiver, muted);
      await flows(receiver, other);
      expect(await info(call.sessionId)).toMatchObject({ [`mute_${muted}`]: true, [`mute_${other}`]: false });
      expect(await mute(false)).toEqual({ [`mute_${muted}`]: true });
      await flows(receiver, muted);
    }
    await nextPicture(received(receiver.peerConnection, 'video'));
    await sender.hangUp();
  });

  test('what is given at create counts from the start', async () => {
    const session = { mute_audio: true, mute_data: true, bitrate: 150_000 };
    const { call, receiver, sender } = await flow(kind, session);
    await flows(receiver, 'video');
    expect(await comes(receiver, 'audio')()).toBe(0);
    const hasDataMute = kind === 'publish' || kind === 'listen';
    expect(await info(call.sessionId)).toMatchObject({ ...session, mute_video: false, mute_data: hasDataMute });
    await call.updateMedia({ mute_audio: false });
    await flows(receiver, 'audio');
    await sender.hangUp();
  });
});

describe.concurrent('data', () => {
  test.each(['echo', 'master', 'slave'] as const)('cannot be muted in a session of kind %s', async (kind) => {
    const { call } = await flow(kind);
    expect(await call.updateMedia({ mute_data: true, mute_audio: true })).toEqual({
      mute_data: false,
      mute_audio: true,
    });
    expect(await info(call.sessionId)).toMatchObject({ mute_data: false, mute_audio: true });
    await call.hangUp();
  });

  test.each(['publish', 'listen'] as const)('is muted in a session of kind %s, and comes back', async (kind) => {
    const { call, sender, receiver } = await openFlow(client, kind, scene.stream, { data: true });
    let messages = 0;
    const count = () => {
      messages += 1;
    };
    receiver.peerConnection.ondatachannel = ({ channel }) => {
      channel.onmessage = count;
    };
    const sending = setInterval(() => {
      if (sender.dataChannel?.readyState === 'open') sender.dataChannel.send('a message');
    }, 50);
    const got = async () => messages;
    await grows('messages', got, 3);
    expect(await call.updateMedia({ mute_data: true })).toEqual({ mute_data: true });
    await stops('messages', got);
    await flows(receiver, 'audio');
    expect(await info(call.sessionId)).toMatchObject({ mute_data: true });
    expect(await call.updateMedia({ mute_data: false })).toEqual({ mute_data: true });
    await grows('messages', got, 3);
    clearInterval(sending);
    await sender.hangUp();
  });
});

describe.concurrent('the bitrate', () => {
  test.each(['echo', 'master', 'slave', 'publish'] as const)(
    'of a session of kind %s holds from its create on, is lifted by 0, and obeyed within 10 s',
    async (kind) => {
      const { call } = await openFlow(client, kind, noise.stream, { session: { bitrate: limitBps } });
      const sent = () => sentBps(call.peerConnection);
      await until('it sends little', async () => isLimited(await sent()));
      expect(await call.updateMedia({ bitrate: 0 })).toEqual({ bitrate: true });
      const freeBps = await until(
        'it sends much',
        async () => {
          const bps = await sent();
          return bps > muchBps && bps;
        },
        15_000,
      );
      expect(await info(call.sessionId)).toMatchObject({ bitrate: 0 });
      expect(await call.updateMedia({ bitrate: limitBps })).toEqual({ bitrate: true });
      const limitedAtMs = performance.now();
      await until('it sends less', async () => isLimited(await sent()));
      const tookSeconds = (performance.now() - limitedAtMs) / 1000;
      expect(await info(call.sessionId)).toMatchObject({ bitrate: limitBps });
      console.info(`${kind}: from ${kbps(freeBps)} to under ${kbps(limitBps)} kbit/s in ${tookSeconds.toFixed(1)} s`);
      await call.hangUp();
    },
  );

  test('of a listener is not applied where the publisher has no layers', async () => {
    const { call, sender } = await flow('listen');
    expect(await call.updateMedia({ bitrate: limitBps, mute_video: true })).toEqual({
      bitrate: false,
      mute_video: true,
    });
    expect(await info(call.sessionId)).toMatchObject({ bitrate: 0, mute_video: true });
    await sender.hangUp();
  });
});

describe.concurrent('what is asked for in wait takes effect when the session is ready', () => {
  const change = { mute_audio: true, bitrate: limitBps };

  /** A session that waits for the answer to its offer. */
  const offered = (type: 'proxy' | 'listen', to: Call) =>
    client.request('session/create', {
      type,
      wait_reply: true,
      [type === 'proxy' ? 'master_id' : 'publisher_id']: to.sessionId,
    });

  test.each(['master', 'slave', 'listen'] as const)('in one of kind %s', async (kind) => {
    const type = kind === 'listen' ? 'publish' : 'proxy';
    const first = await startCall(client, { type, stream: noise.stream, createPeerConnection: newPeerConnection });
    const { session_id, offer } = await offered(kind === 'listen' ? 'listen' : 'proxy', first);
    const asked = kind === 'master' ? first.sessionId : session_id;
    expect(await client.request('session/update_media', { session_id: asked, ...change })).toEqual({ applied: {} });
    expect(await info(asked)).toMatchObject({ state: 'wait', mute_audio: false, bitrate: 0 });

    const far = new WebrtcEnd(noise);
    const answer = { sdp: await far.answer(offer?.sdp ?? '') };
    await client.request('session/set_answer', { session_id, answer });
    const [receiver, sender] = kind === 'slave' ? [first, far] : [far, first];
    await flows(receiver, 'video');
    await isSilent(receiver, 'audio');
    // A listener without layers to choose from has no limit.
    const bitrate = kind === 'listen' ? 0 : limitBps;
    expect(await info(asked)).toMatchObject({ state: 'ready', mute_audio: true, bitrate });
    if (kind !== 'listen') {
      await until('it sends little', async () => isLimited(await sentBps(sender.peerConnection)));
      await flows(sender, 'audio');
    }
    await first.hangUp();
    far.peerConnection.close();
  });
});
