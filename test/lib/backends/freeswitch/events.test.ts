import { describe, expect, test } from 'vitest';
import { readEvent, sequenceOf } from '../../../../lib/backends/freeswitch/events.ts';

const about = (name: string, headers: Readonly<Record<string, string>> = {}) => ({
  'Event-Name': name,
  'Unique-ID': 'a',
  ...headers,
});
const conference = (action: string, headers: Readonly<Record<string, string>> = {}) =>
  about('CUSTOM', { 'Event-Subclass': 'conference::maintenance', Action: action, 'Conference-Name': 'r', ...headers });

describe('an event', () => {
  test.each([
    [about('CHANNEL_PARK'), { kind: 'parked', id: 'a' }],
    [about('CHANNEL_EXECUTE', { Application: 'echo' }), { kind: 'echoing', id: 'a' }],
    [about('CHANNEL_EXECUTE', { Application: 'answer' }), undefined],
    [
      about('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': 'a', 'Bridge-B-Unique-ID': 'b' }),
      { kind: 'bridged', id: 'a', peerId: 'b' },
    ],
    [
      about('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': 'b', 'Bridge-B-Unique-ID': 'a' }),
      { kind: 'bridged', id: 'a', peerId: 'b' },
    ],
    [about('CHANNEL_BRIDGE', { 'Other-Leg-Unique-ID': 'c' }), { kind: 'bridged', id: 'a', peerId: 'c' }],
    [about('CHANNEL_BRIDGE'), undefined],
    [
      about('CHANNEL_HANGUP', { 'Hangup-Cause': 'MEDIA_TIMEOUT' }),
      { kind: 'hung up', id: 'a', cause: 'MEDIA_TIMEOUT' },
    ],
    [about('CHANNEL_HANGUP'), { kind: 'hung up', id: 'a', cause: 'unknown' }],
    [about('RECORD_STOP', { 'Record-File-Path': '/x.wav' }), { kind: 'recorded', file: '/x.wav' }],
    [
      conference('add-member', { 'Member-ID': '3', 'Conference-Unique-ID': 'u' }),
      { kind: 'joined', id: 'a', room: 'r', conferenceId: 'u', member: 3 },
    ],
    [conference('stop-recording', { Path: '{channels=2}/x.mp4' }), { kind: 'recorded', file: '/x.mp4' }],
    [conference('stop-recording', { Path: '/x.mp4' }), { kind: 'recorded', file: '/x.mp4' }],
    [conference('conference-destroy'), undefined],
    [about('CUSTOM', { 'Event-Subclass': 'sofia::register' }), undefined],
    [about('HEARTBEAT'), undefined],
    [{}, undefined],
  ])('%j is read as %j', (headers, event) => {
    expect(readEvent(headers)).toEqual(event);
  });

  test.each([
    [{ 'Event-Sequence': '17' }, 17],
    [{ 'Event-Sequence': 'x' }, undefined],
    [{}, undefined],
  ])('%j has the sequence %s', (headers, sequence) => {
    expect(sequenceOf(headers)).toBe(sequence);
  });
});
