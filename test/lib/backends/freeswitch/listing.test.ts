import { describe, expect, test } from 'vitest';
import { isListedAs, listedMember, listedPlace, readChannels } from '../../../../lib/backends/freeswitch/listing.ts';

const row = (some: Readonly<Record<string, string>>) => ({
  uuid: 'a',
  callstate: 'ACTIVE',
  state: 'CS_EXECUTE',
  ...some,
});

describe('the list of channels', () => {
  test('is read, also when there are none', () => {
    expect(readChannels('{"row_count": 0}\n')).toEqual([]);
    const text = JSON.stringify({ row_count: 1, rows: [{ uuid: 'a', initial_cid_num: 'tag', name: 'sofia/x' }] });
    expect(readChannels(text)).toMatchObject([{ uuid: 'a', initial_cid_num: 'tag' }]);
  });

  test.each(['', '-ERR no reply', '{"rows": [{}]}', '[]'])('that is none, %j, is a fault', (text) => {
    expect(() => readChannels(text)).toThrow();
  });
});

describe('a channel is listed', () => {
  test.each([
    [row({ application: 'park' }), { kind: 'parked', with: '' }],
    [row({ application: 'echo' }), { kind: 'echoing', with: '' }],
    [row({ application: 'echo', state: 'CS_PARK' }), { kind: 'parked', with: '' }],
    [
      row({ application: 'uuid_bridge', application_data: 'b', state: 'CS_SOFT_EXECUTE' }),
      { kind: 'bridged', with: 'b' },
    ],
    [
      row({ application: 'uuid_bridge', application_data: 'b', state: 'CS_EXCHANGE_MEDIA' }),
      { kind: 'bridged', with: 'b' },
    ],
    [row({ application: 'uuid_bridge', application_data: 'b', state: 'CS_PARK' }), { kind: 'parked', with: '' }],
    [row({ application: 'conference', application_data: 'r@p++flags{vmute}' }), { kind: 'joined', with: 'r' }],
  ])('%j as %j', (listed, place) => {
    expect(listedPlace(listed)).toEqual(place);
  });

  test.each([
    row({ application: 'park', callstate: 'RINGING' }),
    row({ application: 'answer' }),
    row({ application: 'echo', state: 'CS_SOFT_EXECUTE' }),
    row({ application: 'echo', state: 'CS_RESET' }),
    { uuid: 'a' },
  ])('nowhere by %j', (listed) => {
    expect(listedPlace(listed)).toBeUndefined();
  });

  test('where it is known to be', () => {
    const joined = { kind: 'joined', room: 'r', conferenceId: 'u', member: 1 } as const;
    expect(isListedAs({ kind: 'parked' }, { kind: 'parked', with: '' })).toBe(true);
    expect(isListedAs({ kind: 'parked' }, { kind: 'echoing', with: '' })).toBe(false);
    expect(isListedAs({ kind: 'bridged', peerId: 'b' }, { kind: 'bridged', with: 'b' })).toBe(true);
    expect(isListedAs({ kind: 'bridged', peerId: 'b' }, { kind: 'bridged', with: 'c' })).toBe(false);
    expect([
      isListedAs(joined, { kind: 'joined', with: 'r' }),
      isListedAs(joined, { kind: 'joined', with: 's' }),
    ]).toEqual([true, false]);
  });
});

test('a member is found by its channel', () => {
  const list = JSON.stringify([{ conference_uuid: 'u', members: [{ id: 1 }, { id: 2, uuid: 'a' }] }]);
  expect(listedMember(list, 'a')).toEqual({ conferenceId: 'u', member: 2 });
  expect(listedMember(list, 'b')).toBeUndefined();
});
