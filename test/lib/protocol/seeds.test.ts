import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from '../../../lib/protocol/check.ts';
import { commands } from '../../../lib/protocol/commands.ts';
import { parseMessage } from '../../../lib/protocol/envelope.ts';
import { refusal } from '../../support/errors.ts';

/**
 * Every sample message of the two documents that patchbay began with, as printed there (made valid JSON, nothing else
 * changed), and what it means today. `exercised` names the test that sends a request to a whole stack, or holds a reply
 * of one against the sample.
 */
const folder = new URL('../../fixtures/seeds/', import.meta.url);

interface Request {
  /** The command that it leads to, and fields of its data in today's words. */
  readonly command: string;
  readonly data: Record<string, unknown>;
  readonly exercised: string;
}

const echo = 'test/e2e/seed-samples.test.ts';
const janus = 'test/e2e/seed-janus.test.ts';
const freeswitch = 'test/e2e/seed-freeswitch.test.ts';

const requests: Readonly<Record<string, Request>> = {
  'freeswitch-01-request-start-park': {
    command: 'session/create',
    data: { type: 'park', wait_reply: true },
    exercised: freeswitch,
  },
  'freeswitch-03-request-create-echo': {
    command: 'session/create',
    data: { type: 'echo', wait_reply: true },
    exercised: freeswitch,
  },
  'freeswitch-04-request-create-bridge': {
    command: 'session/create',
    data: { type: 'bridge', master_id: '54c1b637-36fb-70c2-8080-28f07603cda8' },
    exercised: freeswitch,
  },
  'freeswitch-05-request-start-mcu': {
    command: 'session/create',
    data: { type: 'mcu', room_id: '41605362-3955-8f28-e371-38c9862f00d9' },
    exercised: freeswitch,
  },
  'freeswitch-07-request-update': {
    command: 'session/room_action',
    data: { action: 'layout', layout: '2x2', room_id: '41605362-3955-8f28-e371-38c9862f00d9' },
    exercised: freeswitch,
  },
  'freeswitch-08-request-update': {
    command: 'session/set_type',
    data: { type: 'mcu', room_id: '41605362-3955-8f28-e371-38c9862f00d9' },
    exercised: freeswitch,
  },
  'janus-01-request-create-echo': {
    command: 'session/create',
    data: { type: 'echo', wait_reply: true, mute_audio: true },
    exercised: echo,
  },
  'janus-03-request-create-publish': {
    command: 'session/create',
    data: { type: 'publish', room_video_codec: 'vp9' },
    exercised: janus,
  },
  'janus-07-request-set-answer': {
    command: 'session/set_answer',
    data: { session_id: '2052a043-3785-de87-581b-28f07603cda8' },
    exercised: echo,
  },
  'janus-09-request-update-media': {
    command: 'session/update_media',
    data: { mute_audio: true, bitrate: 100000 },
    exercised: echo,
  },
  'janus-10-request-set-type': {
    command: 'session/set_type',
    data: { type: 'listen', publisher_id: '29f394bf-3785-e5b1-bb56-28f07603cda8' },
    exercised: echo,
  },
  'janus-11-request-recorder-action': {
    command: 'session/recorder_action',
    data: { action: 'start' },
    exercised: echo,
  },
};

/** What is sent where the documents write `"v=0.."`. */
const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';
const names = readdirSync(folder).map((file) => file.replace('.json', ''));
const read = (name: string) =>
  readFileSync(new URL(`${name}.json`, folder), 'utf8').replace(/"v=0\.\.+"/, JSON.stringify(sdp));

describe('a sample request of the seeds', () => {
  test.each(Object.entries(requests))('%s is understood as printed', (name, { command, data }) => {
    const message = parseMessage(read(name));
    if (message.kind !== 'request') throw new Error(`${name} is no request`);
    expect(message.command).toBe(command);
    expect(message.tid).toBeDefined();
    expect(check(commands[message.command].data, message.data, 'data')).toMatchObject(data);
  });

  test('janus-05, with its misprint, is answered with the command that was meant', () => {
    const error = refusal(() => parseMessage(read('janus-05-request-crate-listen')));
    expect(error).toMatchObject({ reason: 'unknown_command', message: expect.stringContaining('did you mean create') });
  });

  test('and no sample is left out', () => {
    const known = [...Object.keys(requests), 'janus-05-request-crate-listen'];
    expect(names.filter((name) => name.includes('-request')).sort()).toEqual(known.sort());
  });

  test.each(Object.entries(requests))('%s is exercised where it says so', (name, { exercised }) => {
    expect(readFileSync(new URL(`../../../${exercised}`, import.meta.url), 'utf8')).toContain(`'${name}'`);
  });
});

describe('a sample reply of the seeds', () => {
  test.each(names.filter((name) => name.endsWith('-reply')))(
    '%s is a reply: result, tid, and data if there is any',
    (name) => {
      expect(JSON.parse(read(name))).toMatchObject({ result: 'ok', tid: expect.anything() });
    },
  );
});
