import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../../lib/protocol/check.ts';
import { commandNames, commandRow } from '../../../lib/protocol/commands.ts';
import { errorReply, okReply, parseMessage, tidOfText } from '../../../lib/protocol/envelope.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { refusal } from '../../support/errors.ts';

const parse = (value: unknown) => parseMessage(JSON.stringify(value));
const refused = (value: unknown) => refusal(() => parse(value));
const request = (value: Record<string, unknown>) => {
  const message = parse(value);
  if (message.kind !== 'request') throw new Error(`a ${message.kind}`);
  return message;
};

describe('class and subclass', () => {
  test.each([
    ['both given', { class: 'media', subclass: 'session' }],
    ['class core', { class: 'core', subclass: 'session' }],
    ['class left out', { subclass: 'session' }],
    ['subclass left out', { class: 'media' }],
    ['both left out', {}],
    ['a class that holds the subclass word', { class: 'session' }],
  ])('reach session/destroy with %s', (_, envelope) => {
    expect(request({ ...envelope, cmd: 'destroy' }).command).toBe('session/destroy');
  });

  test('a subclass beside a class that is a subclass word wins', () => {
    expect(request({ class: 'room', subclass: 'session', cmd: 'destroy' }).command).toBe('session/destroy');
  });

  test('an unknown class is invalid_value and lists the known ones', () => {
    const error = refused({ class: 'medium', cmd: 'create' });
    expect(error).toMatchObject({ reason: 'invalid_value' });
    expect(error.message).toContain('media');
  });
});

describe('the command', () => {
  test.each([
    ['start', 'session/create'],
    ['stop', 'session/destroy'],
  ])('%s is the older name of %s', (cmd, command) => {
    expect(request({ cmd }).command).toBe(command);
  });

  test("the seed's misprint crate is unknown_command and asks for create", () => {
    const error = refused({ class: 'media', subclass: 'session', cmd: 'crate', data: { type: 'echo' }, tid: 1 });
    expect(error).toMatchObject({ reason: 'unknown_command', code: 100042 });
    expect(error.message).toContain('did you mean create');
  });

  test('an unknown command far from every known one gets no hint', () => {
    const error = refused({ cmd: 'incinerate_everything' });
    expect(error).toMatchObject({ reason: 'unknown_command' });
    expect(error.message).not.toContain('did you mean');
  });

  test('an unknown subclass gets the nearest known one', () => {
    const error = refused({ subclass: 'sesion', cmd: 'create' });
    expect(error).toMatchObject({ reason: 'unknown_command' });
    expect(error.message).toMatch(/unknown subclass sesion, did you mean session$/);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is no command and no subclass', (word) => {
    expect(refused({ cmd: word })).toMatchObject({ reason: 'unknown_command' });
    expect(refused({ subclass: word, cmd: 'create' })).toMatchObject({ reason: 'unknown_command' });
  });

  test('a missing cmd is missing_field', () => {
    expect(refused({ class: 'media', tid: 1 })).toMatchObject({
      reason: 'missing_field',
      message: 'message.cmd is missing',
    });
  });

  test('an unknown field of the envelope is named with its nearest name', () => {
    expect(refused({ cmd: 'create', dta: {} })).toMatchObject({
      reason: 'syntax_error',
      message: 'unknown field message.dta, did you mean data',
    });
  });

  test.each([[null], [[]], ['text'], [7]])('data that is %j is invalid_value', (data) => {
    expect(refused({ cmd: 'create', data })).toMatchObject({
      reason: 'invalid_value',
      message: 'message.data must be an object',
    });
  });

  test('missing data counts as empty', () => {
    expect(request({ cmd: 'get_list' }).data).toEqual({});
  });
});

describe('older names of fields', () => {
  test.each([
    ['publisher', 'publisher_id'],
    ['room', 'room_id'],
    ['room_audiocodec', 'room_audio_codec'],
    ['room_videocodec', 'room_video_codec'],
    ['events_body', 'event_body'],
  ])('%s becomes %s in create', (old, today) => {
    expect(request({ cmd: 'create', data: { type: 'echo', [old]: 'x' } }).data).toEqual({ type: 'echo', [today]: 'x' });
  });

  test('the older and the newer name together are invalid_parameters that names both', () => {
    const error = refused({ cmd: 'create', data: { publisher_id: 'a', publisher: 'a' } });
    expect(error).toMatchObject({ reason: 'invalid_parameters' });
    expect(error.message).toContain('data.publisher is the older name of data.publisher_id');
  });

  test('they are unknown to commands that never had them', () => {
    expect(request({ cmd: 'destroy', data: { publisher: 'a' } }).data).toEqual({ publisher: 'a' });
  });

  test('a field called __proto__ leaves no trace, and no prototype, beside an older name', () => {
    const text = '{"cmd":"create","data":{"type":"echo","publisher":"a","__proto__":{"record":true}}}';
    const message = parseMessage(text);
    if (message.kind !== 'request') throw new Error(message.kind);
    expect(Object.getPrototypeOf(message.data)).toBe(Object.prototype);
    expect(Reflect.get(message.data, 'record')).toBeUndefined();
  });
});

describe('pings and event responses', () => {
  test.each([{ ping: true }, { cmd: 'ping' }, { class: 'core', cmd: 'ping' }])('%j is a ping', (ping) => {
    expect(parse(ping)).toEqual({ kind: 'ping', tid: undefined });
    expect(parse({ ...ping, tid: 'a' })).toEqual({ kind: 'ping', tid: 'a' });
    expect(parse({ ...ping, tid: 5 })).toEqual({ kind: 'ping', tid: 5 });
  });

  test('ping: false is none', () => {
    expect(refused({ ping: false })).toBeInstanceOf(PatchbayError);
  });

  test.each([
    { result: 'ok', tid: 'x' },
    { result: 'error', data: {}, tid: 3 },
  ])('%j is a response to an event', (message) => {
    expect(parse(message)).toEqual({ kind: 'event_response' });
  });
});

describe('tid', () => {
  test.each(['', 'a', 'x'.repeat(128), 0, -1, 1.5, 1e15])('%j comes back as it came', (tid) => {
    expect(request({ cmd: 'get_list', tid }).tid).toBe(tid);
  });

  test.each([[null], [true], ['x'.repeat(129)], [{}], [[1]]])('%j is refused', (tid) => {
    expect(refused({ cmd: 'get_list', tid })).toMatchObject({ reason: 'invalid_value' });
  });

  test('may be missing, and then is in no reply', () => {
    expect(request({ cmd: 'get_list' }).tid).toBeUndefined();
    expect(okReply(undefined)).toEqual({ result: 'ok' });
    expect('tid' in errorReply(undefined, new PatchbayError('timeout'))).toBe(false);
  });

  test('is read from messages that are wrong in every other way', () => {
    expect(tidOfText('{"cmd":5,"foo":1,"tid":"a"}')).toBe('a');
    expect(tidOfText('{"tid":0}')).toBe(0);
  });

  test.each(['', '{', 'null', '[1]', '"text"', '{"tid":null}', '{"tid":{}}'])('is unknown in %j', (text) => {
    expect(tidOfText(text)).toBeUndefined();
  });
});

describe('what is no message', () => {
  test.each(['', 'hello', '{"cmd":', '\u0000'])('%j is a syntax_error: not JSON', (text) => {
    expect(refusal(() => parseMessage(text))).toMatchObject({
      reason: 'syntax_error',
      message: 'the message is not JSON',
    });
  });

  test.each(['null', '5', '[]', '"create"'])('%s is a syntax_error: no object', (text) => {
    expect(refusal(() => parseMessage(text))).toMatchObject({ reason: 'syntax_error' });
  });
});

describe('replies', () => {
  test('ok carries its data, and none that is empty', () => {
    expect(okReply(1, { applied: {} })).toEqual({ result: 'ok', data: { applied: {} }, tid: 1 });
    expect(okReply('1', {})).toEqual({ result: 'ok', tid: '1' });
  });

  test('an error carries code, reason and error, and retry_after where it helps', () => {
    expect(errorReply(0, new PatchbayError('session_not_found'))).toEqual({
      result: 'error',
      data: { code: 100062, reason: 'session_not_found', error: 'no such session' },
      tid: 0,
    });
    const later = new PatchbayError('no_mediaserver', 'none', { retryAfterSeconds: 5 });
    expect(errorReply(undefined, later)).toEqual({
      result: 'error',
      data: { code: 300001, reason: 'no_mediaserver', error: 'none', retry_after: 5 },
    });
  });
});

describe('whatever comes in', () => {
  const read = (text: string) => {
    try {
      const message = parseMessage(text);
      if (message.kind === 'request') check(commandRow(message.command).data, message.data, 'data');
    } catch (error) {
      if (!(error instanceof PatchbayError)) throw error;
      expect(error.message.length).toBeLessThan(2000);
    }
    tidOfText(text);
  };

  test('any text is read or refused with an error of ours', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), read), { numRuns: 300 });
  });

  test('any JSON in any place of a message is read or refused with an error of ours', () => {
    const cmd = fc.constantFrom(...commandNames, 'session/crate', 'session/start').map((name) => name.split('/')[1]);
    const names = commandNames.flatMap((name) => Object.keys(Reflect.get(commandRow(name).data, 'shape') ?? {}));
    const field = fc.oneof(fc.constantFrom(...names, '__proto__', 'constructor'), fc.string());
    // What JavaScript itself asks of a value, in the client's hands.
    const own = fc.dictionary(fc.constantFrom('length', 'size', 'toString', 'valueOf', '__proto__'), fc.jsonValue());
    const odd = fc.dictionary(fc.constantFrom('length', 'size', 'toString', 'valueOf', 'path'), own);
    const value = fc.oneof(
      fc.jsonValue(),
      odd,
      fc.record({ sdp: fc.jsonValue(), sdp_type: fc.jsonValue() }, { requiredKeys: [] }),
    );
    const data = fc.oneof(fc.jsonValue(), fc.dictionary(field, value));
    const anything = fc.record(
      {
        class: fc.jsonValue(),
        subclass: fc.jsonValue(),
        cmd,
        data,
        tid: fc.oneof(fc.jsonValue(), odd),
        ping: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(anything, fc.record({ cmd, data })), (message) => read(JSON.stringify(message))),
      { numRuns: 400 },
    );
  });

  test('an object that cannot be compared is refused wherever a length or size is looked at', () => {
    const trap = '{"length":{"toString":1,"valueOf":1},"size":{"toString":1,"valueOf":1}}';
    for (const name of ['session_id', 'layout', 'bitrate', 'event_body', 'offer', 'type', 'backend']) {
      expect(() => read(`{"cmd":"create","data":{"type":"echo","${name}":${trap}},"tid":${trap}}`)).not.toThrow();
    }
    for (const name of ['cmd', 'subclass', 'class', 'data', 'tid']) {
      expect(() => read(`{"cmd":"create","${name}":${trap}}`)).not.toThrow();
    }
  });

  test('JSON nested as deep as a message can hold is refused, never a fault', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    for (const data of [`{"type":"echo","event_body":{"a":${deep}}}`, `{"type":${deep}}`, `{"x":${deep}}`, deep]) {
      const text = `{"cmd":"create","data":${data}}`;
      const error = refusal(() => {
        const message = parseMessage(text);
        if (message.kind === 'request') check(commandRow(message.command).data, message.data, 'data');
      });
      expect(['invalid_value', 'syntax_error']).toContain(error.reason);
    }
  });
});
