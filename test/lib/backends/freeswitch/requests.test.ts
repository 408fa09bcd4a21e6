import { describe, expect, test } from 'vitest';
import * as requests from '../../../../lib/backends/freeswitch/requests.ts';
import { reason, refusal } from '../../../support/errors.ts';

const id = '0b9c1a52-6f0e-4c3e-8a4e-2f1f5a9f0c11';
const other = '1b9c1a52-6f0e-4c3e-8a4e-2f1f5a9f0c11';
const call: requests.OriginateOptions = {
  id,
  tag: 'patchbay-node-1',
  isWebrtc: true,
  hasVideo: true,
  timeoutSeconds: 60,
  contact: { user: 'patchbay', host: '127.0.0.1', port: 40_000 },
};

describe('a command', () => {
  test.each([
    [requests.park(id), `uuid_park ${id}`],
    [requests.echo(id), `uuid_transfer ${id} echo inline`],
    [requests.bridge(id, other), `uuid_bridge ${id} ${other}`],
    [requests.kill(id), `uuid_kill ${id}`],
    [requests.conference(id, 'room', 'profile'), `uuid_transfer ${id} conference:room@profile inline`],
    [
      requests.conference(id, 'room', 'silent', 'vmute', 'mute'),
      `uuid_transfer ${id} conference:room@silent++flags{vmute|mute} inline`,
    ],
    [requests.muteAudio(id, true), `uuid_audio ${id} start read mute 1`],
    [requests.muteAudio(id, false), `uuid_audio ${id} stop`],
    [requests.muteMemberVideo('room', 7, true), 'conference room vmute 7'],
    [requests.muteMemberVideo('room', 7, false), 'conference room unvmute 7'],
    [requests.videoBitrate(id, 200_000), `uuid_video_bitrate ${id} 200kb`],
    [requests.videoBitrate(id, 1), `uuid_video_bitrate ${id} 1kb`],
    [requests.videoBitrate(id, 0), `uuid_video_bitrate ${id} 3000kb`],
    [requests.record(id, true, '/data/a.wav'), `uuid_record ${id} start '/data/a.wav' 0 {RECORD_PRE_BUFFER_FRAMES=2}`],
    [
      requests.record(id, true, '/Jörgs data (2)/a.wav'),
      `uuid_record ${id} start '/Jörgs data (2)/a.wav' 0 {RECORD_PRE_BUFFER_FRAMES=2}`,
    ],
    [requests.record(id, false, '/data/a.wav'), `uuid_record ${id} stop '/data/a.wav'`],
    [requests.recordRoom('room', true, '/data/a.mp4'), "conference room recording start '/data/a.mp4'"],
    [requests.layout('room', '1up_top_left+5'), 'conference room vid-layout 1up_top_left+5'],
    [requests.members('room'), 'conference room json_list'],
    [requests.hasModule('mod_av'), 'module_exists mod_av'],
  ])('is %s', (command, text) => {
    expect(command).toBe(text);
  });

  test('that makes an offer names all that FreeSWITCH must know before the answer', () => {
    expect(requests.originate(call)).toBe(
      `originate {origination_uuid=${id},origination_caller_id_number=patchbay-node-1,` +
        `origination_callee_id_number=patchbay-node-1,originate_timeout=60,sip_h_X-Patchbay-Channel=${id},` +
        'absolute_codec_string=^^:OPUS:PCMU:PCMA:VP8:H264,media_webrtc=true,video_possible=true}' +
        'sofia/internal/patchbay@127.0.0.1:40000;transport=tcp &park()',
    );
    expect(requests.originate({ ...call, isWebrtc: false, hasVideo: false })).not.toMatch(/webrtc|video|VP8/);
  });

  test('has headers of its own for a conference', () => {
    expect(requests.conferenceHeaders('room', 'profile')).toEqual([
      'X-Patchbay-Room: room',
      'X-Patchbay-Profile: profile',
    ]);
  });
});

describe('what a command must not hold', () => {
  const poisons = [
    '\n',
    '\r',
    ' ',
    '\t',
    ',',
    `$${'{x}'}`,
    ';',
    '"',
    "'",
    '`',
    '\0',
    '{',
    '}',
    '|',
    '&',
    '=',
    'ü',
    '\u2028',
  ];
  /** Of these, what files may be called. */
  const inNames: ReadonlySet<string> = new Set([' ', 'ü']);
  /** Each argument by itself, made from a good value. */
  const builders: readonly (readonly [string, string, (value: string) => unknown])[] = [
    ['park id', id, (value) => requests.park(value)],
    ['echo id', id, (value) => requests.echo(value)],
    ['bridge a', id, (value) => requests.bridge(value, other)],
    ['bridge b', other, (value) => requests.bridge(id, value)],
    ['kill id', id, (value) => requests.kill(value)],
    ['conference id', id, (value) => requests.conference(value, 'room', 'profile')],
    ['conference room', 'room', (value) => requests.conference(id, value, 'profile')],
    ['conference profile', 'profile', (value) => requests.conference(id, 'room', value)],
    ['conference flag', 'vmute', (value) => requests.conference(id, 'room', 'profile', value)],
    ['muteAudio id', id, (value) => requests.muteAudio(value, true)],
    ['muteAudio stop id', id, (value) => requests.muteAudio(value, false)],
    ['muteMemberVideo room', 'room', (value) => requests.muteMemberVideo(value, 1, true)],
    ['videoBitrate id', id, (value) => requests.videoBitrate(value, 1)],
    ['record id', id, (value) => requests.record(value, true, '/a')],
    ['record file', '/data/a', (value) => requests.record(id, true, value)],
    ['recordRoom room', 'room', (value) => requests.recordRoom(value, true, '/a')],
    ['recordRoom file', '/data/a', (value) => requests.recordRoom('room', true, value)],
    ['layout room', 'room', (value) => requests.layout(value, '2x2')],
    ['layout name', '2x2', (value) => requests.layout('room', value)],
    ['members room', 'room', (value) => requests.members(value)],
    ['hasModule', 'mod_av', (value) => requests.hasModule(value)],
    ['originate id', id, (value) => requests.originate({ ...call, id: value })],
    ['originate tag', 'tag', (value) => requests.originate({ ...call, tag: value })],
    ['originate user', 'user', (value) => requests.originate({ ...call, contact: { ...call.contact, user: value } })],
    ['originate host', 'host', (value) => requests.originate({ ...call, contact: { ...call.contact, host: value } })],
    ['header room', 'room', (value) => requests.conferenceHeaders(value, 'profile')],
    ['header profile', 'profile', (value) => requests.conferenceHeaders('room', value)],
  ];

  test.each(builders)('is refused in %s, wherever it stands', (where, good, build) => {
    expect(() => build(good)).not.toThrow();
    for (const poison of poisons.filter((one) => !(where.endsWith('file') && inNames.has(one)))) {
      for (const value of [`${good}${poison}`, `${poison}${good}`, `${good}${poison}${good}`, poison]) {
        expect(
          refusal(() => build(value)),
          JSON.stringify(value),
        ).toMatchObject(reason('internal_error'));
      }
    }
    expect(refusal(() => build(''))).toMatchObject(reason('internal_error'));
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e21])('is refused as a number: %d', (value) => {
    expect(refusal(() => requests.muteMemberVideo('room', value, true))).toMatchObject(reason('internal_error'));
    const contact = { ...call.contact, port: value };
    expect(refusal(() => requests.originate({ ...call, contact }))).toMatchObject(reason('internal_error'));
    expect(refusal(() => requests.originate({ ...call, timeoutSeconds: value }))).toMatchObject(
      reason('internal_error'),
    );
  });
});

describe("a node's tag", () => {
  test.each([
    ['node-1', 'patchbay-node-1'],
    [`a b\n$${'{c}'}`, 'patchbay-a-b---c-'],
    ['x'.repeat(100), `patchbay-${'x'.repeat(55)}`],
  ])('of %j is %s, which is a name', (nodeId, tag) => {
    expect(requests.nodeTag(nodeId)).toBe(tag);
    expect(() => requests.originate({ ...call, tag })).not.toThrow();
  });
});

describe('a folder for recordings', () => {
  test.each(['/data', '/home/Jörg Müller/patchbay (2)/rec.d'])('may be %s', (folder) => {
    expect(() => requests.requireFolder('DIR', folder)).not.toThrow();
  });

  test.each(["/it's", '/a"b', '/a$b', '/a\\b', '/a\n', 'relative', '/{a}'])(
    'is refused by the name of its setting: %j',
    (folder) => {
      expect(() => requests.requireFolder('DIR', folder)).toThrow(/^DIR: a folder that FreeSWITCH records to may have/);
    },
  );
});

test('a channel of ours has a uuid', () => {
  expect([id, 'abc', `${id}\n`, id.toUpperCase()].map(requests.isChannelId)).toEqual([true, false, false, false]);
});
