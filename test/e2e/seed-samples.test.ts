import { afterAll, beforeAll, expect, test } from 'vitest';
import echo from '../fixtures/seeds/janus-echo.json' with { type: 'json' };
import updateMedia from '../fixtures/seeds/janus-update-media.json' with { type: 'json' };
import { RawClient } from '../support/raw-client.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { makeOfferSdp } from '../support/wrtc.ts';

/** The samples of the Janus seed, sent as they stand there: only "v=0.." is a real SDP. */

let stack: TestStack;
let client: RawClient;

beforeAll(async () => {
  stack = await startTestStack();
  client = await RawClient.connect(stack.api);
});

afterAll(async () => {
  await client?.close();
  await stack?.stop();
});

test("answers the seed's echo sample in the sample's shape", async () => {
  const { request, response } = structuredClone(echo);
  expect(request.data.offer.sdp).toBe('v=0..');
  request.data.offer.sdp = await makeOfferSdp();
  const reply = await client.request(request);
  expect(reply).toMatchObject({
    result: response.result,
    tid: response.tid,
    data: { session_id: expect.any(String), answer: { sdp: expect.stringMatching(/^v=0\r\n(.*\r\n)*m=audio/) } },
  });
  expect(Object.keys(reply).sort()).toEqual(Object.keys(response).sort());
  const info = await client.request({ cmd: 'get_info', tid: 2 });
  expect(info).toMatchObject({ result: 'ok', data: { type: 'echo', mute_audio: true, state: 'ready' } });
});

test("takes the seed's update_media sample, which names no session, as the connection's only one", async () => {
  const { request } = updateMedia;
  expect(request.data).not.toHaveProperty('session_id');
  expect(await client.request(request)).toEqual({
    result: 'ok',
    data: { applied: { mute_audio: true, bitrate: 100_000 } },
    tid: 1,
  });
  const info = await client.request({ cmd: 'get_info', tid: 2 });
  expect(info).toMatchObject({ result: 'ok', data: { mute_audio: true, bitrate: 100_000 } });
});
