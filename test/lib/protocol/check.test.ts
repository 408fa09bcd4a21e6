import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { check, didYouMean } from '../../../lib/protocol/check.ts';
import { createData, getListData, updateMediaData, waitData } from '../../../lib/protocol/session.ts';
import { refusal } from '../../support/errors.ts';
import { chromiumOffer } from '../../support/sdp.ts';

const refused = (schema: z.core.$ZodType, value: unknown) => refusal(() => check(schema, value, 'data'));
const create = (fields: Record<string, unknown>) => refused(createData, { type: 'echo', ...fields });

describe('names the field and what is wrong with it', () => {
  test('missing: missing_field', () => {
    expect(refused(createData, {})).toMatchObject({ reason: 'missing_field', message: 'data.type is missing' });
  });

  test('the value itself missing: missing_field', () => {
    expect(refused(createData, undefined)).toMatchObject({ reason: 'missing_field', message: 'data is missing' });
  });

  test.each([
    [{ type: 5 }, 'data.type must be one of p2p, echo, park, bridge, mcu, proxy, publish, listen'],
    [{ wait_reply: 'yes' }, 'data.wait_reply must be a boolean'],
    [{ wait_timeout: '60' }, 'data.wait_timeout must be a number'],
    [{ wait_timeout: 1.5 }, 'data.wait_timeout must be a whole number'],
    [{ event_body: [] }, 'data.event_body must be an object'],
    [{ offer: 'v=0' }, 'data.offer must be an object'],
    [{ offer: { sdp: 5 } }, 'data.offer.sdp must be a string'],
    [{ offer: { sdp: chromiumOffer, sdp_type: 'sip' } }, 'data.offer.sdp_type must be one of webrtc, rtp'],
    [{ session_id: 5 }, 'data.session_id must be a string'],
    [{ wait_reply: null }, 'data.wait_reply must be a boolean'],
  ])('mistyped %j: invalid_value', (fields, message) => {
    expect(create(fields)).toMatchObject({ reason: 'invalid_value', message });
  });

  test('unknown: syntax_error with the nearest name', () => {
    expect(create({ wait_replay: true })).toMatchObject({
      reason: 'syntax_error',
      message: 'unknown field data.wait_replay, did you mean wait_reply',
    });
  });

  test('unknown, deeper down: the nearest name of that place', () => {
    expect(create({ offer: { sdp: chromiumOffer, sdptype: 'webrtc' } })).toMatchObject({
      reason: 'syntax_error',
      message: 'unknown field data.offer.sdptype, did you mean sdp_type',
    });
  });

  test('unknown beside a missing one: the misspelling says more', () => {
    expect(refused(createData, { typ: 'echo' })).toMatchObject({
      reason: 'syntax_error',
      message: 'unknown field data.typ, did you mean type',
    });
  });

  test('unknown and far from all: no hint, and never more than 64 of its characters', () => {
    const { message } = create({ ['q'.repeat(5000)]: 1 });
    expect(message).not.toContain('did you mean');
    expect(message.length).toBeLessThan(120);
  });

  test('unions: the alternative that went deepest', () => {
    const schema = z.strictObject({ to: z.union([z.string(), z.strictObject({ id: z.string() })]) });
    expect(refused(schema, { to: { id: 5 } })).toMatchObject({
      reason: 'invalid_value',
      message: 'data.to.id must be a string',
    });
    expect(refused(schema, { to: 5 })).toMatchObject({ reason: 'invalid_value' });
    expect(refused(schema, {})).toMatchObject({ reason: 'missing_field', message: 'data.to is missing' });
  });

  test('a field called __proto__ is unknown, too', () => {
    expect(refused(createData, JSON.parse('{"type":"echo","__proto__":{}}'))).toMatchObject({ reason: 'syntax_error' });
  });
});

describe('SDPs', () => {
  test.each([{}, { sdp: undefined }, { sdp: null }, { sdp: '' }, { sdp: ' \r\n' }])('%j: missing_sdp', (offer) => {
    expect(create({ offer })).toMatchObject({ reason: 'missing_sdp', message: 'data.offer.sdp is empty' });
  });

  test('without an m= line: invalid_value', () => {
    expect(create({ offer: { sdp: 'v=0\r\ns=m=audio\r\n' } })).toMatchObject({
      reason: 'invalid_value',
      message: 'data.offer.sdp has no m= line',
    });
  });

  test('of more than 100,000 characters: invalid_value', () => {
    const sdp = `m=audio 9 X 0\n${'a'.repeat(100_000 - 14)}`;
    expect(check(createData, { type: 'echo', offer: { sdp } }, 'data').offer?.sdp).toHaveLength(100_000);
    expect(create({ offer: { sdp: `${sdp}a` } })).toMatchObject({
      reason: 'invalid_value',
      message: 'data.offer.sdp must be at most 100000 characters long',
    });
  });

  test.each([chromiumOffer, chromiumOffer.replaceAll('\r\n', '\n')])('are taken with CRLF and with LF', (sdp) => {
    const { offer } = check(createData, { type: 'echo', offer: { sdp } }, 'data');
    expect(offer).toEqual({ sdp, sdp_type: 'webrtc', trickle_ice: false });
  });
});

describe('bounds', () => {
  test.each([
    ['trickle_ice_timeout', 100, 20_000],
    ['wait_timeout', 1, 3600],
    ['ready_timeout', 1, 604_800],
    ['reconnect_timeout', 0, 3600],
    ['bitrate', 0, 1_000_000_000],
    ['room_bitrate', 0, 1_000_000],
  ])('%s goes from %i to %i', (name, min, max) => {
    for (const value of [min, max]) {
      expect(check(createData, { type: 'echo', [name]: value }, 'data')).toMatchObject({ [name]: value });
    }
    expect(create({ [name]: min - 1 }).message).toBe(`data.${name} must be at least ${min}`);
    expect(create({ [name]: max + 1 }).message).toBe(`data.${name} must be at most ${max}`);
  });

  test('timeout of get_answer goes from 1 to 25, default 25', () => {
    expect(check(waitData, {}, 'data').timeout).toBe(25);
    for (const timeout of [0, 26]) expect(refused(waitData, { timeout })).toMatchObject({ reason: 'invalid_value' });
  });

  test('limit of get_list goes from 1 to 1000, default 100', () => {
    expect(check(getListData, {}, 'data').limit).toBe(100);
    for (const limit of [0, 1001]) expect(refused(getListData, { limit })).toMatchObject({ reason: 'invalid_value' });
  });

  test('event_body takes 2 KB, counted in bytes', () => {
    const body = (text: string) => ({ type: 'echo', event_body: { a: text } });
    expect(check(createData, body('x'.repeat(2040)), 'data').event_body).toHaveProperty('a');
    expect(refused(createData, body('x'.repeat(2041)))).toMatchObject({
      reason: 'invalid_value',
      message: 'data.event_body must be at most 2048 bytes of JSON',
    });
    expect(refused(createData, body('漢'.repeat(700)))).toMatchObject({ reason: 'invalid_value' });
  });

  test('update_media needs at least one field to change', () => {
    expect(refused(updateMediaData, { session_id: 'a' })).toMatchObject({ reason: 'missing_field' });
    expect(check(updateMediaData, { bitrate: 0 }, 'data')).toEqual({ bitrate: 0 });
  });
});

test.each(['layout', 'room_type'])('%s takes no character that an engine could read as a command', (name) => {
  for (const value of ['a b', 'a\nb', 'a;b', '', '../x', 'a$(b)']) {
    expect(create({ [name]: value })).toMatchObject({ reason: 'invalid_value' });
  }
});

test('didYouMean names a close word only', () => {
  expect(didYouMean('crate', ['create', 'destroy'])).toBe(', did you mean create');
  expect(didYouMean('explode', ['create', 'destroy'])).toBe('');
  expect(didYouMean('create', [])).toBe('');
});
