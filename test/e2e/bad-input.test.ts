import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorTable, isReason } from '../../lib/protocol/errors.ts';
import { limits } from '../../lib/protocol/limits.ts';
import { hostileMessages } from '../support/hostile-messages.ts';
import { type Incoming, RawClient } from '../support/raw-client.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { makeOfferSdp } from '../support/wrtc.ts';

let stack: TestStack;
let sdp: string;
let client: RawClient;

beforeAll(async () => {
  stack = await startTestStack();
  sdp = await makeOfferSdp();
  client = await RawClient.connect(stack.api);
});

afterAll(async () => {
  await client?.close();
  await stack?.stop();
});

async function expectAlive(one: RawClient): Promise<void> {
  expect(await one.exchange({ cmd: 'ping', tid: 'still there' })).toEqual({ result: 'ok', tid: 'still there' });
}

const failure = (reason: keyof typeof errorTable, error: string | RegExp, tid?: string | number) => ({
  result: 'error',
  data: {
    code: errorTable[reason][0],
    reason,
    error: typeof error === 'string' ? expect.stringContaining(error) : expect.stringMatching(error),
  },
  ...(tid !== undefined && { tid }),
});

const create = (data: object) => ({ class: 'media', subclass: 'session', cmd: 'create', data, tid: 7 });
const offer = (text: unknown, more: object = {}) => create({ type: 'echo', offer: { sdp: text, ...more } });
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a wrong message leaves the connection alive, and its answer', () => {
  test.each<[name: string, message: unknown, expected: ReturnType<typeof failure>]>([
    ['nothing', '', failure('syntax_error', 'not JSON')],
    ['no JSON', 'hello', failure('syntax_error', 'not JSON')],
    ['JSON with a comma too much', '{"cmd":"get_list","tid":1,}', failure('syntax_error', 'not JSON')],
    ['an array', '[{"cmd":"get_list","tid":1}]', failure('syntax_error', 'no object')],
    ['a string', '"get_list"', failure('syntax_error', 'no object')],
    ['null', 'null', failure('syntax_error', 'no object')],
    ['a number', '42', failure('syntax_error', 'no object')],
    ['an empty object', '{}', failure('missing_field', 'cmd')],
    ['no cmd', { subclass: 'session', tid: 7 }, failure('missing_field', 'cmd', 7)],
    ['a cmd that is no string', { cmd: 7, tid: 7 }, failure('invalid_value', 'message.cmd must be a string', 7)],
    ['an unknown class', { class: 'sport', cmd: 'get_list', tid: 7 }, failure('invalid_value', 'message.class', 7)],
    [
      'an unknown subclass',
      { subclass: 'sesion', cmd: 'get_list', tid: 'a' },
      failure('unknown_command', 'unknown subclass sesion, did you mean session', 'a'),
    ],
    [
      'an unknown command',
      { subclass: 'session', cmd: 'sing', tid: 7 },
      failure('unknown_command', 'unknown command session/sing', 7),
    ],
    [
      "the seed's crate",
      { class: 'media', subclass: 'session', cmd: 'crate', data: { type: 'listen', wait_reply: true }, tid: 1 },
      failure('unknown_command', 'did you mean create', 1),
    ],
    [
      'the key of an internal route',
      { subclass: '$connect', cmd: '', tid: 7 },
      failure('unknown_command', 'unknown subclass $connect', 7),
    ],
    [
      'an unknown field of the envelope',
      { cmd: 'get_list', dat: {}, tid: 7 },
      failure('syntax_error', 'unknown field message.dat, did you mean data', 7),
    ],
    [
      'an unknown field near a known one',
      create({ type: 'echo', wait_replay: true }),
      failure('syntax_error', 'unknown field data.wait_replay, did you mean wait_reply', 7),
    ],
    [
      'an unknown field near none',
      create({ type: 'echo', colour: 'red' }),
      failure('syntax_error', /^unknown field data\.colour$/, 7),
    ],
    [
      'an unknown field of the offer',
      offer('v=0', { sdptype: 'webrtc' }),
      failure('syntax_error', 'unknown field data.offer.sdptype, did you mean sdp_type', 7),
    ],
    [
      'a field of the envelope named __proto__',
      '{"cmd":"get_list","__proto__":{"tid":1},"tid":7}',
      failure('syntax_error', 'unknown field message.__proto__', 7),
    ],
    [
      'a field of the offer named __proto__',
      '{"cmd":"create","data":{"type":"echo","offer":{"sdp":"v=0","__proto__":{"sdp_type":"rtp"}}},"tid":7}',
      failure('syntax_error', 'unknown field data.offer.__proto__', 7),
    ],
    ['data that is no object', { cmd: 'get_list', data: [], tid: 7 }, failure('invalid_value', 'message.data', 7)],
    ['a missing field', create({ offer: { sdp: 'v=0' } }), failure('missing_field', 'data.type is missing', 7)],
    ['a mistyped field', create({ type: 'echo', wait_reply: 'yes' }), failure('invalid_value', 'data.wait_reply', 7)],
    ['a word that is none of the list', create({ type: 'ecco' }), failure('invalid_value', 'data.type', 7)],
    ['a number that is too large', create({ type: 'echo', wait_timeout: 3601 }), failure('invalid_value', '3600', 7)],
    ['an id with a slash', create({ type: 'echo', session_id: 'a/b' }), failure('invalid_value', 'data.session_id', 7)],
    [
      'an id with a node',
      create({ type: 'echo', session_id: 'a@local' }),
      failure('invalid_value', 'data.session_id', 7),
    ],
    [
      'an older name beside the newer one',
      create({ type: 'listen', publisher: 'a', publisher_id: 'b' }),
      failure('invalid_parameters', 'data.publisher', 7),
    ],
    ['an empty SDP', offer(''), failure('missing_sdp', 'data.offer.sdp', 7)],
    ['a blank SDP', offer(' \r\n '), failure('missing_sdp', 'data.offer.sdp', 7)],
    ['an SDP that is a number', offer(0), failure('invalid_value', 'data.offer.sdp', 7)],
    ['an SDP without m=', offer('v=0\r\ns=-\r\n'), failure('invalid_value', 'data.offer.sdp has no m= line', 7)],
    [
      'an SDP with a NUL',
      offer('v=0\r\ns=\u0000\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'),
      failure('invalid_value', 'data.offer.sdp has a NUL', 7),
    ],
    [
      'an SDP with half a surrogate pair',
      offer('v=0\r\ns=\ud800\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'),
      failure('invalid_value', 'data.offer.sdp has a NUL or half a surrogate pair', 7),
    ],
    [
      'a plain RTP SDP that says it is WebRTC',
      offer('v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'),
      failure('invalid_value', 'neither fingerprint nor ICE', 7),
    ],
    [
      'no offer for a type that needs one',
      create({ type: 'echo', backend: 'janus' }),
      failure('incompatible_session', '', 7),
    ],
    ['an unknown backend', create({ type: 'echo', backend: 'asterisk' }), failure('unknown_backend', '', 7)],
    ['no change to update_media', { cmd: 'update_media', tid: 7 }, failure('missing_field', 'mute_audio', 7)],
    ['no session to destroy', { cmd: 'destroy', tid: 7 }, failure('missing_field', 'data.session_id', 7)],
    ['a tid that is an object', { cmd: 'get_list', tid: {} }, failure('invalid_value', 'message.tid')],
    ['a tid of 129 characters', { cmd: 'get_list', tid: 'x'.repeat(129) }, failure('invalid_value', 'message.tid')],
    [
      'a cmd that only looks like it had a length',
      { cmd: { length: { toString: 0 } }, tid: 7 },
      failure('invalid_value', 'message is not valid', 7),
    ],
    [
      'a tid that only looks like it had a length',
      { cmd: 'get_list', tid: { length: { toString: 0 } } },
      failure('invalid_value', 'message is not valid'),
    ],
    ['an array nested 15,000 deep', nested(15_000), failure('syntax_error', 'no object')],
    ['a tid nested 7,000 deep', `{"cmd":"get_list","tid":${nested(7000)}}`, failure('invalid_value', 'message.tid')],
    [
      'an unknown field nested 7,000 deep',
      `{"cmd":"get_list","data":{"deep":${nested(7000)}},"tid":7}`,
      failure('syntax_error', 'unknown field data.deep', 7),
    ],
    [
      'an event_body nested 15,000 deep',
      `{"cmd":"create","data":{"type":"echo","event_body":{"deep":${nested(15_000)}}},"tid":7}`,
      failure('invalid_value', 'data.event_body', 7),
    ],
  ])('says what is wrong with %s', async (_, message, expected) => {
    expect(await client.exchange(message)).toEqual(expected);
    await expectAlive(client);
  });

  test('says what is wrong with an SDP of 100,001 characters, in frames', async () => {
    const text = JSON.stringify(offer(`${sdp}${'x'.repeat(100_001 - sdp.length)}`));
    const from = client.received.length;
    client.sendFrames(text.match(/.{1,30000}/gs) ?? []);
    expect(await client.next(() => true, from)).toEqual(
      failure('invalid_value', 'data.offer.sdp must be at most 100000', 7),
    );
    await expectAlive(client);
  });

  test('answers an SDP that Janus cannot use, and ends that session', async () => {
    const broken = sdp.replace(/^m=audio.*/m, 'm=audio x');
    const data = { type: 'echo', offer: { sdp: broken }, wait_reply: true, subscribe: false };
    expect(await client.exchange(create(data))).toEqual(failure('invalid_value', 'Janus cannot use the SDP', 7));
    expect(await client.exchange({ cmd: 'get_list', tid: 8 })).toEqual({
      result: 'ok',
      data: { sessions: [] },
      tid: 8,
    });
  });
});

describe('the tid', () => {
  test.each([
    ['a string', 'abc'],
    ['an empty string', ''],
    ['a number', 12],
    ['zero', 0],
    ['a fraction', -1.5],
  ])('comes back as it came: %s', async (_, tid) => {
    expect(await client.exchange({ cmd: 'get_list', tid })).toEqual({ result: 'ok', data: { sessions: [] }, tid });
    expect(await client.exchange({ cmd: 'nonsense', tid })).toMatchObject({ result: 'error', tid });
  });

  test('is not in the answer when it was not in the request', async () => {
    expect(await client.exchange({ cmd: 'get_list' })).toEqual({ result: 'ok', data: { sessions: [] } });
    expect(await client.exchange({ ping: true })).toEqual({ result: 'ok' });
  });

  test("of a client's response to an event is not answered", async () => {
    const from = client.received.length;
    client.send({ result: 'ok', tid: 5 });
    await expectAlive(client);
    expect(client.received.length).toBe(from + 1);
  });
});

describe('what API Gateway does not take closes the connection', () => {
  const padded = (bytes: number) => {
    const text = JSON.stringify({ cmd: 'ping', tid: 1, padding: '' });
    return JSON.stringify({ cmd: 'ping', tid: 1, padding: 'x'.repeat(bytes - text.length) });
  };
  const inFrames = (text: string) => text.match(new RegExp(`.{1,${limits.frameBytes}}`, 'gs')) ?? [];

  test.each<[name: string, send: (one: RawClient) => void, code: number]>([
    ['a frame over 32 KB', (one) => one.send(padded(limits.frameBytes + 1)), 1009],
    ['a message over 128 KB', (one) => one.sendFrames(inFrames(padded(limits.messageBytes + 1))), 1009],
    ['binary', (one) => one.send(Buffer.from('{"cmd":"ping"}')), 1003],
  ])('refuses %s', async (_, send, code) => {
    const one = await RawClient.connect(stack.api);
    await expectAlive(one);
    send(one);
    expect((await one.closed).code).toBe(code);
    await expectAlive(client);
  });

  test('but not what just fits', async () => {
    const one = await RawClient.connect(stack.api);
    expect(await one.exchange(padded(limits.frameBytes))).toEqual({ result: 'ok', tid: 1 });
    const from = one.received.length;
    one.sendFrames(inFrames(padded(limits.messageBytes)));
    expect(await one.next(() => true, from)).toEqual({ result: 'ok', tid: 1 });
    await one.close();
  });
});

describe('2,000 random messages', () => {
  const count = 2000;
  const connections = 4;
  const atOnce = 25;

  const isEventResponse = (text: string) => {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const { cmd, result, ping } = value as Record<string, unknown>;
      return cmd === undefined && result !== undefined && ping !== true;
    } catch {
      return false;
    }
  };

  /** The text that was sent goes along, so that a failure says which one it was. */
  function expectOneOfOurs(answer: Incoming, sent: readonly string[]): void {
    const { result, data } = answer;
    const isOk = result === 'ok';
    const reason = String(data?.reason);
    const isError =
      result === 'error' &&
      isReason(reason) &&
      reason !== 'internal_error' &&
      data?.code === errorTable[reason][0] &&
      typeof data.error === 'string';
    const fields = Object.keys(answer).filter((name) => !['result', 'data', 'tid'].includes(name));
    if ((isOk || isError) && fields.length === 0) return;
    throw new Error(`not one of our answers: ${JSON.stringify(answer)}, after one of\n${sent.join('\n')}`);
  }

  test('get one answer each, from the table of errors, and leave the stack serving', async () => {
    const messages = fc.sample(hostileMessages(sdp), { numRuns: count, seed: 20_260_714 });
    const answers: Incoming[] = [];
    let expected = 0;
    await Promise.all(
      Array.from({ length: connections }, async (_, lane) => {
        const one = await RawClient.connect(stack.api);
        const mine = messages.filter((_message, at) => at % connections === lane);
        for (let at = 0; at < mine.length; at += atOnce) {
          const batch = mine.slice(at, at + atOnce);
          const due = batch.filter((text) => !isEventResponse(text)).length;
          const from = one.received.length;
          const repliesNow = () => one.received.slice(from).filter(({ cmd }) => cmd !== 'event');
          for (const text of batch) one.send(text);
          await one
            .next(() => repliesNow().length >= due, from, 30_000)
            .catch(() => {
              throw new Error(`${repliesNow().length} answers instead of ${due} to\n${batch.join('\n')}`);
            });
          for (const answer of repliesNow()) expectOneOfOurs(answer, batch);
          answers.push(...repliesNow());
          expected += due;
        }
        await expectAlive(one);
        await one.close();
      }),
    );
    expect(answers.length).toBe(expected);
    const ok = answers.filter(({ result }) => result === 'ok').length;
    const reasons = new Set(answers.map(({ data }) => data?.reason).filter((reason) => reason !== undefined));
    console.info(`${answers.length} answers, ${ok} ok, errors: ${[...reasons].join(' ')}`);
    expect(reasons.size).toBeGreaterThanOrEqual(8);
    expect(ok).toBeGreaterThan(20);

    expect(
      await client.exchange({
        ...offer(sdp),
        data: { type: 'echo', offer: { sdp }, wait_reply: true, subscribe: false },
      }),
    ).toMatchObject({
      result: 'ok',
      data: { answer: { sdp: expect.stringContaining('m=audio') } },
    });
    expect(await client.exchange({ cmd: 'destroy', tid: 1 })).toEqual({ result: 'ok', tid: 1 });
    expect(stack.output()).not.toContain('starting it again');
    expect(stack.output()).not.toMatch(/unhandled|uncaught/i);
    expect(await stack.controllerLog()).not.toContain('"level":50');
  }, 60_000);
});
