import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, PatchbayClient, PatchbayError, type PatchbayEvent } from '../../lib/client/index.ts';
import { janusHandleInfos, janusHandles } from '../support/janus-admin.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { grows, stops, until } from '../support/until.ts';
import {
  connectClient,
  makeOfferSdp,
  openTone,
  pitchHz,
  rtpBytes,
  startEcho,
  type Tone,
  toneHz,
} from '../support/wrtc.ts';

let stack: TestStack;
let client: PatchbayClient;
let tone: Tone;

beforeAll(async () => {
  stack = await startTestStack();
  client = await connectClient(stack.api);
  tone = openTone();
});

afterAll(async () => {
  tone?.stop();
  client?.close();
  await stack?.stop();
});

describe('an echo call from Node', () => {
  let call: Call;
  const events: PatchbayEvent[] = [];
  const audioIn = () => rtpBytes(call.peerConnection, 'inbound');

  test('connects, and both ends count RTP', async () => {
    call = await startEcho(client, tone);
    call.onEvent((event) => events.push(event));
    await until('connected', () => call.peerConnection.connectionState === 'connected');
    await grows('audio that is sent', () => rtpBytes(call.peerConnection, 'outbound'), 2000);
    await grows('audio that comes back', audioIn, 2000);

    const [handle] = await janusHandleInfos(stack.janus);
    const counted = JSON.stringify(handle);
    expect(counted).toMatch(/"plugin":"janus.plugin.echotest"/);
    const bytes = [...counted.matchAll(/"bytes":(\d+)/g)].map(([, number]) => Number(number));
    expect(bytes.filter((number) => number > 2000).length).toBeGreaterThanOrEqual(2);
  });

  test('gives back the tone that was sent', async () => {
    const track = call.peerConnection.getReceivers().find((receiver) => receiver.track.kind === 'audio')?.track;
    if (!track) throw new Error('no audio track came back');
    expect(Math.abs((await pitchHz(track)) - toneHz)).toBeLessThan(15);
  });

  test('sends nothing back while audio is muted, and goes on when it is not', async () => {
    expect(await call.updateMedia({ mute_audio: true })).toEqual({ mute_audio: true });
    await stops('audio that comes back', audioIn);
    expect((await client.request('session/get_info', { session_id: call.sessionId })).mute_audio).toBe(true);
    expect(await call.updateMedia({ mute_audio: false })).toEqual({ mute_audio: true });
    await grows('audio that comes back', audioIn, 2000);
  });

  test('says what Janus cannot do, and takes a bitrate', async () => {
    expect(await call.updateMedia({ mute_data: true, bitrate: 128_000 })).toEqual({
      mute_data: false,
      bitrate: true,
    });
    const info = await client.request('session/get_info', { session_id: call.sessionId });
    expect(info).toMatchObject({ mute_data: false, bitrate: 128_000, state: 'ready' });
    expect(info.answer?.sdp).toContain('m=audio');
  });

  test('ends by hang-up: nothing comes back, nothing is left, events are in order without a gap', async () => {
    await call.hangUp();
    expect(call.ended?.reason).toBe('user_stop');
    expect(call.peerConnection.connectionState).toBe('closed');
    await until('the handle is gone', async () => (await janusHandles(stack.janus)).length === 0);
    await expect(client.request('session/get_info', { session_id: call.sessionId })).rejects.toMatchObject({
      reason: 'session_not_found',
    });
    await expect(call.updateMedia({ mute_audio: true })).rejects.toMatchObject({ reason: 'session_not_found' });
    expect((await client.request('session/get_list', {})).sessions).toEqual([]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(
      events
        .map(({ type }) => type)
        .filter((type) => type !== 'status')
        .slice(0, 2),
    ).toEqual(['created', 'answer']);
  });
});

describe('a message of 33 KB', () => {
  const longOffer = async () => ({ sdp: `${await makeOfferSdp()}a=x-padding:${'x'.repeat(33 * 1024)}\r\n` });

  test("is refused before it is sent by the platform's WebSocket", async () => {
    const plain = new PatchbayClient({ url: stack.api });
    await plain.connect();
    const refused = plain.request('session/create', { type: 'echo', offer: await longOffer() });
    await expect(refused).rejects.toThrow(PatchbayError);
    await expect(refused).rejects.toMatchObject({ reason: 'message_too_large' });
    expect(plain.state.status).toBe('open');
    expect((await plain.request('session/get_list', {})).sessions).toEqual([]);
    plain.close();
  });

  test('goes in fragments with ws, and is answered', async () => {
    const reply = await client.request('session/create', { type: 'echo', offer: await longOffer(), wait_reply: true });
    expect(reply.answer?.sdp).toContain('m=audio');
    await client.request('session/destroy', { session_id: reply.session_id });
  });
});
