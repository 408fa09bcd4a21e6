import { describe, expect, test } from 'vitest';
import { capabilities, fittingBackends, type Role, roomBackends, wantedOf } from '../../../lib/domain/capabilities.ts';
import { check } from '../../../lib/protocol/check.ts';
import {
  type BackendKind,
  createData,
  type SdpType,
  type SessionType,
  sessionTypes,
} from '../../../lib/protocol/session.ts';
import { refusal } from '../../support/errors.ts';
import { offer } from '../../support/sdp.ts';

/**
 * docs/protocol.md#types. p2p has no roles: no engine makes an SDP, the clients do, so both fit.
 * proxy's "–" as offerer is its slave's matter.
 */
const rows: readonly [SessionType, BackendKind, Role[], SdpType[]][] = [
  ['p2p', 'p2p', ['offeree', 'offerer'], ['webrtc', 'rtp']],
  ['echo', 'janus', ['offeree'], ['webrtc']],
  ['echo', 'freeswitch', ['offeree', 'offerer'], ['webrtc', 'rtp']],
  ['park', 'freeswitch', ['offeree', 'offerer'], ['webrtc', 'rtp']],
  ['bridge', 'freeswitch', ['offeree', 'offerer'], ['webrtc', 'rtp']],
  ['mcu', 'freeswitch', ['offeree', 'offerer'], ['webrtc', 'rtp']],
  ['proxy', 'janus', ['offeree'], ['webrtc', 'rtp']],
  ['publish', 'janus', ['offeree'], ['webrtc']],
  ['listen', 'janus', ['offerer'], ['webrtc']],
];

const roles: readonly Role[] = ['offeree', 'offerer'];
const sdpTypes: readonly SdpType[] = ['webrtc', 'rtp'];
const backends: readonly BackendKind[] = ['janus', 'freeswitch', 'p2p'];
const every = sessionTypes.flatMap((type) =>
  roles.flatMap((role) => sdpTypes.map((sdpType) => [type, role, sdpType] as const)),
);

test('the table has the rows of the protocol and no other', () => {
  expect(capabilities.map(({ type, backend, roles, sdp }) => [type, backend, roles, sdp])).toEqual(rows);
});

describe.each(every)('%s as %s of %s', (type, role, sdpType) => {
  const fitting = backends.filter((backend) =>
    rows.some((row) => row[0] === type && row[1] === backend && row[2].includes(role) && row[3].includes(sdpType)),
  );

  test(`goes to ${fitting.join(', then ') || 'nobody: incompatible_session'}`, () => {
    if (fitting.length > 0) expect(fittingBackends({ type, role, sdpType })).toEqual(fitting);
    else expect(refusal(() => fittingBackends({ type, role, sdpType })).reason).toBe('incompatible_session');
  });

  test.each(backends)('goes to %s where that is asked for and can, else incompatible_session', (backend) => {
    const wanted = { type, role, sdpType, backend };
    if (fitting.includes(backend)) expect(fittingBackends(wanted)).toEqual([backend]);
    else expect(refusal(() => fittingBackends(wanted)).reason).toBe('incompatible_session');
  });
});

test.each([
  ['nkmedia_janus', 'janus'],
  ['nkmedia_fs', 'freeswitch'],
])('%s is another name of %s', (backend, kind) => {
  expect(fittingBackends({ type: 'echo', role: 'offeree', sdpType: 'webrtc', backend })).toEqual([kind]);
});

test.each(['nkmedia', 'kurento', '', 'toString', '__proto__'])(
  '%j is unknown_backend, with the known ones',
  (backend) => {
    const error = refusal(() => fittingBackends({ type: 'echo', role: 'offeree', sdpType: 'webrtc', backend }));
    expect(error.reason).toBe('unknown_backend');
    expect(error.message).toContain('nkmedia_janus, janus, nkmedia_fs, freeswitch, p2p');
  },
);

test('incompatible_session says what was asked of whom', () => {
  const wanted = { type: 'echo', role: 'offerer', sdpType: 'webrtc' } as const;
  expect(refusal(() => fittingBackends({ ...wanted, backend: 'janus' })).message).toBe(
    'backend janus does not do echo without an offer of sdp_type webrtc',
  );
  expect(refusal(() => fittingBackends({ type: 'publish', role: 'offeree', sdpType: 'rtp' })).message).toBe(
    'no backend does publish with an offer of sdp_type rtp',
  );
});

describe('what a create asks for', () => {
  const rtp = { ...offer, sdp_type: 'rtp' };
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['an offer makes patchbay offeree, of its kind', { offer: rtp }, { role: 'offeree', sdpType: 'rtp' }],
    ['an offer is webrtc if it does not say', { offer: { sdp: offer.sdp } }, { role: 'offeree', sdpType: 'webrtc' }],
    ["an offer's kind is the client's side, sdp_type the other", { offer, sdp_type: 'rtp' }, { sdpType: 'webrtc' }],
    ['without an offer patchbay is offerer, of webrtc', {}, { role: 'offerer', sdpType: 'webrtc' }],
    ['without an offer sdp_type counts', { sdp_type: 'rtp' }, { role: 'offerer', sdpType: 'rtp' }],
    ['the backend is as the client wrote it', { backend: 'nkmedia_fs' }, { backend: 'nkmedia_fs' }],
  ])('%s', (_, data, wanted) => {
    expect(wantedOf(check(createData, { type: 'proxy', ...data }, 'data'))).toMatchObject({ type: 'proxy', ...wanted });
  });
});

/** docs/protocol.md#rooms: an `sfu` is Janus's, an `mcu` FreeSWITCH's. */
describe.each([
  ['sfu', 'janus', ['freeswitch', 'nkmedia_fs', 'p2p']],
  ['mcu', 'freeswitch', ['janus', 'nkmedia_janus', 'p2p']],
] as const)('a room of class %s', (roomClass, keeper, others) => {
  test(`goes to ${keeper}, by either name or by itself`, () => {
    const names = { janus: 'nkmedia_janus', freeswitch: 'nkmedia_fs' };
    for (const name of [undefined, keeper, names[keeper]]) expect(roomBackends(roomClass, name)).toEqual([keeper]);
  });

  test.each(others)('does not go to %s: incompatible_session', (name) => {
    expect(refusal(() => roomBackends(roomClass, name))).toMatchObject({
      reason: 'incompatible_session',
      message: expect.stringMatching(new RegExp(`^backend (janus|freeswitch|p2p) does not do ${roomClass} rooms$`)),
    });
  });

  test('does not go to a backend that nobody knows: unknown_backend', () => {
    expect(refusal(() => roomBackends(roomClass, 'kurento')).reason).toBe('unknown_backend');
  });
});
