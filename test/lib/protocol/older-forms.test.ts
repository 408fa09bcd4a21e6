import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from '../../../lib/protocol/check.ts';
import { commandRow } from '../../../lib/protocol/commands.ts';
import { parseMessage } from '../../../lib/protocol/envelope.ts';
import { todaysForm } from '../../../lib/protocol/older-forms.ts';
import { refusal } from '../../support/errors.ts';

const today = (route: string, data: Record<string, unknown>) => todaysForm({ route, data });
const sample = (name: string) => readFileSync(new URL(`../../fixtures/seeds/${name}.json`, import.meta.url), 'utf8');
/** As the pipeline reads it, data checked. */
function understood(text: string) {
  const message = parseMessage(text);
  if (message.kind !== 'request') throw new Error(message.kind);
  return { command: message.command, data: check(commandRow(message.command).data, message.data, 'data') };
}

describe('update', () => {
  test('of an mcu_layout, as FreeSWITCH’s document prints it, is a room_action', () => {
    expect(understood(sample('freeswitch-07-request-update'))).toEqual({
      command: 'session/room_action',
      data: { action: 'layout', layout: '2x2', room_id: '41605362-3955-8f28-e371-38c9862f00d9' },
    });
  });

  test('of a session_type, as FreeSWITCH’s document prints it, is a set_type', () => {
    expect(understood(sample('freeswitch-08-request-update'))).toEqual({
      command: 'session/set_type',
      data: { type: 'mcu', room_id: '41605362-3955-8f28-e371-38c9862f00d9' },
    });
  });

  test.each(['update_type', 'type'])('names its kind by %s', (field) => {
    expect(today('session/update', { [field]: 'session_type', session_type: 'park', session_id: 's' })).toEqual({
      route: 'session/set_type',
      data: { type: 'park', session_id: 's' },
    });
    expect(today('session/update', { [field]: 'mcu_layout', mcu_layout: '1x1', session_id: 's' })).toEqual({
      route: 'session/room_action',
      data: { action: 'layout', layout: '1x1', session_id: 's' },
    });
  });

  test('keeps what it does not know, which the schema then names', () => {
    const text = JSON.stringify({ cmd: 'update', data: { type: 'session_type', session_type: 'park', colour: 1 } });
    expect(refusal(() => understood(text))).toMatchObject({
      reason: 'syntax_error',
      message: expect.stringContaining('data.colour'),
    });
  });

  test.each<[Record<string, unknown>, string, string]>([
    [{}, 'missing_field', 'data.update_type is missing'],
    [{ type: 'session_type' }, 'missing_field', 'data.session_type is missing'],
    [{ update_type: 'mcu_layout' }, 'missing_field', 'data.mcu_layout is missing'],
    [{ update_type: 'colour' }, 'invalid_value', 'data.update_type must be one of mcu_layout, session_type'],
    [{ update_type: null }, 'missing_field', 'data.update_type is missing'],
    [{ update_type: {} }, 'invalid_value', 'data.update_type'],
    [{ update_type: 'toString' }, 'invalid_value', 'data.update_type'],
  ])('%j is refused: %s', (data, reason, words) => {
    expect(refusal(() => today('session/update', data))).toMatchObject({
      reason,
      message: expect.stringContaining(words),
    });
  });
});

describe('a room_action', () => {
  test('may nest its fields in data', () => {
    const data = { session_id: 's', action: 'kick', data: { member_id: 'm' } };
    expect(today('session/room_action', data)).toEqual({
      route: 'session/room_action',
      data: { session_id: 's', action: 'kick', member_id: 'm' },
    });
  });

  test('may nest older names, too', () => {
    const text = JSON.stringify({
      cmd: 'room_action',
      data: { action: 'layout', data: { layout: '2x2', room: 'lobby' } },
    });
    expect(understood(text).data).toEqual({ action: 'layout', layout: '2x2', room_id: 'lobby' });
  });

  test('without nesting stays as it is', () => {
    const data = { action: 'list' };
    expect(today('session/room_action', data).data).toBe(data);
  });

  test.each([[null], [[]], ['text'], [5]])('with data that is %j is refused', (nested) => {
    expect(refusal(() => today('session/room_action', { data: nested }))).toMatchObject({
      reason: 'invalid_value',
      message: 'data.data must be an object',
    });
  });

  test('with a field in both places is refused, and names it', () => {
    expect(refusal(() => today('session/room_action', { layout: 'a', data: { layout: 'a' } }))).toMatchObject({
      reason: 'invalid_parameters',
      message: 'data.data.layout is also in data',
    });
  });
});

describe('every other command', () => {
  test.each(['session/create', 'session/send_info', 'room/update', 'session/updates'])('%s stays as it is', (route) => {
    const form = { route, data: { type: 'session_type', data: { a: 1 } } };
    expect(todaysForm(form)).toEqual(form);
  });
});
