import { describe, expect, test } from 'vitest';
import { check } from '../../../lib/protocol/check.ts';
import { createData, sessionTypes } from '../../../lib/protocol/session.ts';
import { refusal } from '../../support/errors.ts';

/** docs/protocol.md#create: what the schema itself fills in. */
const defaults = [
  ['wait_reply', false],
  ['no_offer_trickle_ice', false],
  ['no_answer_trickle_ice', false],
  ['trickle_ice_timeout', 5000],
  ['stop_after_peer', true],
  ['create_room', false],
  ['record', false],
  ['wait_timeout', 60],
  ['ready_timeout', 86_400],
  ['reconnect_timeout', 30],
  ['subscribe', true],
  ['event_body', {}],
] as const;

/**
 * Rows whose default hangs on other fields, is made, or is the engine's: the schema leaves them out, or gives the very
 * default of the table.
 */
const filledInLater = [
  ['session_id', undefined],
  ['offer', undefined],
  ['sdp_type', 'webrtc'],
  ['offer_video', undefined],
  ['backend', undefined],
  ['master_id', undefined],
  ['set_master_answer', undefined],
  ['peer_id', undefined],
  ['room_id', undefined],
  ['room_type', 'video-mcu-stereo'],
  ['layout', undefined],
  ['room_audio_codec', 'opus'],
  ['room_video_codec', 'vp8'],
  ['room_bitrate', 0],
  ['publisher_id', undefined],
  ['mute_audio', false],
  ['mute_video', false],
  ['mute_data', false],
  ['bitrate', 0],
] as const;

const bare: Record<string, unknown> = check(createData, { type: 'echo' }, 'data');

describe('create', () => {
  test.each(defaults)('%s is %j by default', (name, value) => {
    expect(bare[name]).toEqual(value);
  });

  test.each(filledInLater)('%s is left for later, or %j', (name, value) => {
    expect([undefined, value]).toContain(bare[name]);
  });

  test.each(['uri', 'loops'])("%s, the player's, is not_implemented", (name) => {
    for (const value of ['file:///a.wav', 3, null, {}]) {
      expect(refusal(() => check(createData, { type: 'park', [name]: value }, 'data'))).toMatchObject({
        reason: 'not_implemented',
        message: `data.${name} is not part of this release`,
      });
    }
  });

  test('has the fields of the table, those of the player and no other', () => {
    const rows = ['type', 'uri', 'loops', ...[...defaults, ...filledInLater].map(([name]) => name)];
    expect(Object.keys(createData.shape).sort()).toEqual(rows.sort());
  });

  test.each(['p2p', 'echo', 'park', 'bridge', 'mcu', 'proxy', 'publish', 'listen'])('takes the type %s', (type) => {
    expect(check(createData, { type }, 'data').type).toBe(type);
    expect(sessionTypes).toHaveLength(8);
  });

  test.each([
    ['room_audio_codec', ['opus', 'isac32', 'isac16', 'pcmu', 'pcma'], 'mp3'],
    ['room_video_codec', ['vp8', 'vp9', 'h264'], 'av1'],
    ['sdp_type', ['webrtc', 'rtp'], 'sip'],
  ])('%s is one of %j', (name, known, unknown) => {
    for (const value of known) expect(check(createData, { type: 'mcu', [name]: value }, 'data')).toHaveProperty(name);
    expect(refusal(() => check(createData, { type: 'mcu', [name]: unknown }, 'data'))).toMatchObject({
      reason: 'invalid_value',
      message: `data.${name} must be one of ${known.join(', ')}`,
    });
  });
});
