import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { answer, offer } from '../support/sdp.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { makeOfferSdp } from '../support/wrtc.ts';

/**
 * The seeds' samples, sent as they are printed there: the very text, duplicate keys and all, in which only `"v=0.."` is
 * a real SDP. Which sample is exercised here is listed in test/lib/protocol/seeds.test.ts.
 */

let stack: TestStack;
let client: RawClient;

beforeAll(async () => {
  stack = await startTestStack();
});
beforeEach(async () => {
  client = await RawClient.connect(stack.api);
});
afterEach(() => client.close());
afterAll(() => stack?.stop());

async function sample(name: string, sdp?: string): Promise<string> {
  const text = await readFile(new URL(`../fixtures/seeds/${name}.json`, import.meta.url), 'utf8');
  if (sdp === undefined) return text;
  expect(text).toMatch(/"v=0\.\.+"/);
  return text.replace(/"v=0\.\.+"/, JSON.stringify(sdp));
}

/** Sends a sample and returns what it is answered. */
async function send(name: string, sdp?: string) {
  return client.exchange(await sample(name, sdp));
}

const info = (session_id?: string) =>
  client.request({ cmd: 'get_info', data: session_id === undefined ? {} : { session_id }, tid: 'info' });

test.each(['janus-01-request-create-echo', 'freeswitch-03-request-create-echo'])(
  '%s is answered in the shape of the sample',
  async (name) => {
    const reply = await send(name, await makeOfferSdp());
    const printed = JSON.parse(await sample('janus-02-reply'));
    expect(Object.keys(reply).sort()).toEqual(Object.keys(printed).sort());
    expect(reply).toMatchObject({
      result: printed.result,
      tid: printed.tid,
      data: { session_id: expect.any(String), answer: { sdp: expect.stringMatching(/^v=0\r\n(.*\r\n)*m=audio/) } },
    });
    expect(await info()).toMatchObject({
      data: { type: 'echo', state: 'ready', mute_audio: name.startsWith('janus') },
    });
  },
);

test("janus-09-request-update-media, which names no session, means the connection's only one", async () => {
  await send('janus-01-request-create-echo', await makeOfferSdp());
  expect(await send('janus-09-request-update-media')).toEqual({
    result: 'ok',
    data: { applied: { mute_audio: true, bitrate: true } },
    tid: 1,
  });
  expect(await info()).toMatchObject({ data: { mute_audio: true, bitrate: 100_000 } });
});

test('janus-07-request-set-answer is answered as printed, and sets the answer of the session that it names', async () => {
  const session_id = '2052a043-3785-de87-581b-28f07603cda8';
  await client.request({ cmd: 'create', data: { type: 'p2p', session_id, offer }, tid: 'create' });
  const reply = await send('janus-07-request-set-answer', answer.sdp);
  expect(reply).toEqual(JSON.parse(await sample('janus-08-reply')));
  expect(await info(session_id)).toMatchObject({ data: { state: 'ready', answer: { sdp: answer.sdp } } });
  await client.request({ cmd: 'destroy', data: { session_id }, tid: 'destroy' });
});

test('janus-05-request-crate-listen, with its misprint, is told which command was meant', async () => {
  expect(await send('janus-05-request-crate-listen')).toMatchObject({
    result: 'error',
    data: { reason: 'unknown_command', error: expect.stringContaining('did you mean create') },
    tid: 1,
  });
});

test('janus-10-request-set-type and janus-11-request-recorder-action, with class twice, reach the session', async () => {
  const session_id = '2052a043-3785-de87-581b-28f07603cda8';
  const data = { type: 'echo', session_id, offer: { sdp: await makeOfferSdp() }, wait_reply: true };
  expect(await client.request({ cmd: 'create', data, tid: 'create' })).toMatchObject({ result: 'ok' });
  // An echo cannot become a listener.
  expect(await send('janus-10-request-set-type')).toMatchObject({ data: { reason: 'incompatible_session' }, tid: 1 });
  expect(await send('janus-11-request-recorder-action')).toEqual({
    result: 'ok',
    data: { recording_id: expect.any(String), uri: expect.stringContaining('/recordings/') },
    tid: 1,
  });
  await client.request({ cmd: 'destroy', data: { session_id }, tid: 'destroy' });
});

test('freeswitch-07-request-update wants its room, and freeswitch-08-request-update a session on FreeSWITCH', async () => {
  await send('janus-01-request-create-echo', await makeOfferSdp());
  expect(await send('freeswitch-07-request-update')).toMatchObject({ data: { reason: 'room_not_found' }, tid: 1 });
  expect(await send('freeswitch-08-request-update')).toMatchObject({
    data: { reason: 'incompatible_session' },
    tid: 1,
  });
});
