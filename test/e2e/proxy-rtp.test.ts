import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Call, joinCall, type PatchbayClient, startCall } from '../../lib/client/index.ts';
import { HeardEvents } from '../support/heard-events.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { hears } from '../support/media-ends.ts';
import { areUp } from '../support/proxies.ts';
import { audioAddress, openRtpEndpoint, phoneHz, type RtpEndpoint } from '../support/rtp-endpoint.ts';
import { openScene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { connectClient, newPeerConnection, openTone, type Tone, toneHz } from '../support/wrtc.ts';

let stack: TestStack;
/** One has a browser, the other a phone. */
let browser: PatchbayClient;
let phone: PatchbayClient;
let tone: Tone;
let heard: HeardEvents;
let rtp: RtpEndpoint;

beforeAll(async () => {
  stack = await startTestStack();
  browser = await connectClient(stack.api);
  phone = await connectClient(stack.api);
  heard = new HeardEvents(browser, phone);
  tone = openTone();
});
afterAll(async () => {
  tone?.stop();
  browser?.close();
  phone?.close();
  await stack?.stop();
});
beforeEach(async () => {
  rtp = await openRtpEndpoint();
});
afterEach(async () => {
  await rtp.close();
});

/** A call with a browser and a phone in it, up, and who of them called. */
interface MixedCall {
  readonly call: Call;
  readonly phoneId: string;
  readonly masterId: string;
  readonly slaveId: string;
  /** What the phone was told. */
  readonly rtpSdp: string;
}

const common = () => ({ type: 'proxy', stream: tone.stream, createPeerConnection: newPeerConnection }) as const;

/** From the browser to the phone. */
async function callPhone(stream = tone.stream, phoneAnswer = rtp.sdp): Promise<MixedCall> {
  const call = await startCall(browser, { ...common(), stream, session: { sdp_type: 'rtp' } });
  const { sessionId: masterId } = call;
  const reply = await phone.request('session/create', { type: 'proxy', master_id: masterId, wait_reply: true });
  const { session_id: phoneId, offer } = reply;
  expect(offer).toMatchObject({ sdp_type: 'rtp', sdp: expect.stringContaining('RTP/AVP') });
  const answer = { sdp: phoneAnswer, sdp_type: 'rtp' } as const;
  await phone.request('session/set_answer', { session_id: phoneId, answer });
  await areUp(call);
  return { call, phoneId, masterId, slaveId: phoneId, rtpSdp: offer?.sdp ?? '' };
}

/** From the phone to the browser. */
async function callBrowser(): Promise<MixedCall> {
  const offer = { sdp: rtp.sdp, sdp_type: 'rtp' } as const;
  const { session_id: phoneId } = await phone.request('session/create', { type: 'proxy', offer });
  const call = await joinCall(browser, { ...common(), masterId: phoneId });
  const { answer } = await phone.request('session/get_answer', { session_id: phoneId });
  expect((await heard.event(phoneId, 'answer')).body).toEqual({ answer });
  expect(answer).toMatchObject({ sdp_type: 'rtp', sdp: expect.stringContaining('RTP/AVP 0') });
  await areUp(call);
  return { call, phoneId, masterId: phoneId, slaveId: call.sessionId, rtpSdp: answer.sdp };
}

describe.each([
  ['a browser that calls a phone', callPhone],
  ['a phone that calls a browser', callBrowser],
])('%s', (_who, open) => {
  const dial = () => open();

  test("is heard and hears, with the node's media address", async () => {
    const { call, rtpSdp } = await dial();
    expect(audioAddress(rtpSdp).ip).toBe('127.0.0.1');
    rtp.speakTo(rtpSdp);
    const [browserHeardHz] = await Promise.all([hears(call.peerConnection, phoneHz), phoneHears(toneHz)]);
    expect(call.peerConnection.remoteDescription?.sdp).toMatch(/m=audio \d+ \S+ 0(?: |\r)/);
    expect(rtp.packets).toBeGreaterThan(20);
    console.info(`the browser heard ${Math.round(browserHeardHz)} Hz`);
    await call.hangUp();
  });

  test('can be neither muted nor recorded, by either session', async () => {
    const { call, masterId, slaveId } = await dial();
    for (const session_id of [masterId, slaveId]) {
      const refused = [
        () => phone.request('session/update_media', { session_id, mute_audio: true }),
        () => phone.request('session/recorder_action', { session_id, action: 'start' }),
      ];
      for (const ask of refused) await expect(ask()).rejects.toMatchObject({ reason: 'invalid_operation' });
      expect(await phone.request('session/recorder_action', { session_id })).toEqual({
        actions: ['get_actions', 'list'],
      });
    }
    await call.hangUp();
  });

  test('ends for both when the browser hangs up', async () => {
    const { call, phoneId } = await dial();
    await call.hangUp();
    expect(await heard.endings(call.sessionId)).toEqual(['user_stop']);
    expect(await heard.endings(phoneId)).toEqual(['peer_stopped']);
  });

  test('ends for both when the phone hangs up', async () => {
    const { call, phoneId } = await dial();
    await phone.request('session/destroy', { session_id: phoneId });
    await until('the call ends, too', () => call.ended);
    expect(call.ended?.reason).toBe('peer_stopped');
    expect(await heard.endings(phoneId)).toEqual(['user_stop']);
    expect(call.peerConnection.connectionState).toBe('closed');
  });

  test("ends for both when the browser's media connection is closed", async () => {
    const { call, phoneId } = await dial();
    call.peerConnection.close();
    expect(await heard.endings(call.sessionId)).toEqual(['session_stop']);
    expect(await heard.endings(phoneId)).toEqual(['peer_stopped']);
    expect(heard.statuses(call.sessionId, 'hangup')).toHaveLength(1);
  });
});

test('a browser with a camera calls a phone without one', async () => {
  const scene = openScene();
  const { call, rtpSdp } = await callPhone(scene.stream, `${rtp.sdp}m=video 0 RTP/AVP 96\r\n`);
  expect(rtpSdp).toContain('m=video');
  rtp.speakTo(rtpSdp);
  await Promise.all([hears(call.peerConnection, phoneHz), phoneHears(toneHz)]);
  await call.hangUp();
  scene.stop();
});

test('a call with a phone cannot be created muted, limited or recorded', async () => {
  const offer = { sdp: rtp.sdp, sdp_type: 'rtp' } as const;
  for (const asked of [
    { mute_audio: true },
    { mute_video: true },
    { mute_data: true },
    { bitrate: 1 },
    { record: true },
  ]) {
    await expect(phone.request('session/create', { type: 'proxy', offer, ...asked })).rejects.toMatchObject({
      reason: 'invalid_operation',
      message: expect.stringContaining(`data.${Object.keys(asked)}`),
    });
  }
});

test('nothing is left of all these calls, and each of their sessions has told of its end once', async () => {
  await until('nothing is left in Janus', async () => (await janusHandles(stack.janus)).length === 0);
  expect((await phone.request('session/get_list', {})).sessions).toEqual([]);
  expect(await heard.faulty()).toEqual([]);
});

/** Waits until the phone hears a tone. */
const phoneHears = (hz: number) =>
  until(`the phone hears ${hz} Hz`, async () => Math.abs((await rtp.pitchHz(300)) - hz) < 15);
