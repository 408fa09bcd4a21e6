import { describe, expect, test } from 'vitest';
import { capabilities, fittingBackends, type Role } from '../../../lib/domain/capabilities.ts';
import { type BackendKind, type SdpType, type SessionType, sessionTypes } from '../../../lib/protocol/session.ts';
import { refusal } from '../../support/errors.ts';

/**
 * PROTOCOL section 3, "Who can do what". p2p's "–" for roles: no engine makes an SDP, the clients do, so both fit.
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
