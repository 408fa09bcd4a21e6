import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatheringDone } from '../../lib/client/ice.ts';
import { RawClient } from '../support/raw-client.ts';
import { sample, withId } from '../support/seeds.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { newPeerConnection, openTone, pitchHz, type Tone } from '../support/wrtc.ts';

/**
 * The Janus document's rooms, as one conversation of its samples: publish, listen, answer, update, switch, record. Each
 * is sent as it is printed, but for its SDP; where the document has the server make a session's id that it uses later,
 * that id is given.
 */

const ids = {
  publisher: '54c1b637-36fb-70c2-8080-28f07603cda8',
  listener: '2052a043-3785-de87-581b-28f07603cda8',
  second: '29f394bf-3785-e5b1-bb56-28f07603cda8',
};

let stack: TestStack;
let publisher: RawClient;
let listener: RawClient;
const tones: Tone[] = [];
const peerConnections: RTCPeerConnection[] = [];
const ears = newPeerConnection();

beforeAll(async () => {
  stack = await startTestStack();
  publisher = await RawClient.connect(stack.api);
  listener = await RawClient.connect(stack.api);
});
afterAll(async () => {
  for (const tone of tones) tone.stop();
  for (const one of [...peerConnections, ears]) one.close();
  await publisher?.close();
  await listener?.close();
  await stack?.stop();
});

/** A peer connection that sends a tone, and its offer. */
async function voice(hz: number): Promise<{ peerConnection: RTCPeerConnection; sdp: string }> {
  const tone = openTone(hz);
  const peerConnection = newPeerConnection();
  tones.push(tone);
  peerConnections.push(peerConnection);
  for (const track of tone.stream.getTracks()) peerConnection.addTrack(track);
  await peerConnection.setLocalDescription(await peerConnection.createOffer());
  await gatheringDone(peerConnection, 1000);
  return { peerConnection, sdp: peerConnection.localDescription?.sdp ?? '' };
}

const shapeOf = async (name: string) => JSON.parse(await sample(name));
const info = async (client: RawClient, session_id: string) =>
  (await client.request({ cmd: 'get_info', data: { session_id }, tid: 'info' })).data ?? {};
const heardHz = () => {
  const track = ears.getReceivers().find((receiver) => receiver.track.kind === 'audio')?.track;
  return track ? pitchHz(track) : Promise.reject(new Error('no audio track'));
};

test('publish is answered in the shape of its sample, and its room takes the codec that it names', async () => {
  const { peerConnection, sdp } = await voice(440);
  const reply = await publisher.exchange(withId(await sample('janus-03-request-create-publish', sdp), ids.publisher));
  const printed = await shapeOf('janus-04-reply');
  expect(reply).toMatchObject({ result: printed.result, tid: printed.tid });
  expect(Object.keys(reply.data ?? {})).toEqual(expect.arrayContaining(Object.keys(printed.data)));
  const { session_id, room, room_id, answer } = reply.data as Record<string, string> & { answer: { sdp: string } };
  expect([session_id, room]).toEqual([ids.publisher, room_id]);
  await peerConnection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  await until('connected', () => peerConnection.connectionState === 'connected');
  const data = { room_id };
  const rooms = await publisher.request({ subclass: 'room', cmd: 'get_info', data, tid: 'room' });
  expect(rooms).toMatchObject({ data: { video_codec: 'vp9', members: [{ session_id: ids.publisher }] } });
});

test("listen, once its misprint is mended, brings Janus' offer; the answer is taken as printed; media flows", async () => {
  const printed = await sample('janus-05-request-crate-listen');
  expect(await listener.exchange(printed)).toMatchObject({
    data: { reason: 'unknown_command', error: expect.stringContaining('did you mean create') },
  });
  const reply = await listener.exchange(withId(printed.replace('crate', 'create'), ids.listener));
  const shape = await shapeOf('janus-06-reply');
  expect(reply).toMatchObject({ result: shape.result, tid: shape.tid, data: { session_id: ids.listener } });
  const { offer } = reply.data as { offer: { sdp: string } };
  await ears.setRemoteDescription({ type: 'offer', sdp: offer.sdp });
  await ears.setLocalDescription(await ears.createAnswer());
  await gatheringDone(ears, 1000);
  const answered = await listener.exchange(
    await sample('janus-07-request-set-answer', ears.localDescription?.sdp ?? ''),
  );
  expect(answered).toEqual(await shapeOf('janus-08-reply'));
  await until('connected', () => ears.connectionState === 'connected');
  expect(Math.abs((await heardHz()) - 440)).toBeLessThan(15);
});

test('update_media, which names no session, reaches the only one of its connection', async () => {
  expect(await publisher.exchange(await sample('janus-09-request-update-media'))).toEqual({
    result: 'ok',
    data: { applied: { mute_audio: true, bitrate: true } },
    tid: 1,
  });
  expect(await info(publisher, ids.publisher)).toMatchObject({ mute_audio: true, bitrate: 100_000 });
});

test('set_type turns the listener to the other publisher of the room, on the same peer connection', async () => {
  const { room_id } = await info(publisher, ids.publisher);
  const { peerConnection, sdp } = await voice(1000);
  const data = { type: 'publish', session_id: ids.second, room_id, offer: { sdp }, wait_reply: true };
  const second = await publisher.request({ cmd: 'create', data, tid: 'second' });
  const { answer } = second.data as { answer: { sdp: string } };
  await peerConnection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  await until('connected', () => peerConnection.connectionState === 'connected');

  expect(await listener.exchange(await sample('janus-10-request-set-type'))).toEqual({
    result: 'ok',
    data: { room_id, publisher_id: ids.second },
    tid: 1,
  });
  expect(ears.connectionState).toBe('connected');
  await until('the other tone is heard', async () => Math.abs((await heardHz()) - 1000) < 30);
});

test('recorder_action records it', async () => {
  const reply = await listener.exchange(await sample('janus-11-request-recorder-action'));
  expect(reply).toEqual({
    result: 'ok',
    data: { recording_id: expect.any(String), uri: expect.stringMatching(/^http.*\/recordings\//) },
    tid: 1,
  });
  const stopped = await listener.request({
    cmd: 'recorder_action',
    data: { session_id: ids.listener, action: 'stop' },
    tid: 'stop',
  });
  expect(stopped).toMatchObject({ data: { recording_id: reply.data?.recording_id, duration: expect.any(Number) } });
});
