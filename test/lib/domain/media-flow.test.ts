import { describe, expect, test } from 'vitest';
import { mediaFlows } from '../../../lib/domain/media-flow.ts';
import { phoneOffer } from '../../support/sdp.ts';

type Part = 'direction' | 'session' | 'connection' | 'port' | 'kind';

const phone = (change: { readonly [part in Part]?: string | undefined } = {}) =>
  phoneOffer
    .replace('a=sendrecv\r\n', change.direction === undefined ? '' : `a=${change.direction}\r\n`)
    .replace('t=0 0', change.session === undefined ? 't=0 0' : `t=0 0\r\na=${change.session}`)
    .replace('192.0.2.20\r\nt=', `${change.connection ?? '192.0.2.20'}\r\nt=`)
    .replace('49170', change.port ?? '49170')
    .replace('m=audio', `m=${change.kind ?? 'audio'}`);

describe('media flows', () => {
  test.each([
    [undefined, undefined],
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'sendrecv'],
    ['sendrecv', 'recvonly'],
    ['sendonly', 'recvonly'],
  ])('from one that says %s to one that says %s', (from, to) => {
    expect(mediaFlows(phone({ direction: from }), phone({ direction: to }))).toBe(true);
  });

  test('where one of several m-lines carries it, whatever the others do', () => {
    const video = 'm=video 9 RTP/AVP 96\r\na=recvonly\r\n';
    expect(mediaFlows(`${phone()}${video}`, `${phone()}${video}`)).toBe(true);
    expect(mediaFlows(`${phone({ direction: 'recvonly' })}m=video 9 RTP/AVP 96\r\n`, `${phone()}${video}`)).toBe(true);
  });

  test('by the direction of the session where a medium says none', () => {
    expect(mediaFlows(phone({ session: 'sendonly' }), phone())).toBe(true);
    expect(mediaFlows(phone({ session: 'recvonly' }), phone())).toBe(false);
    expect(mediaFlows(phone({ session: 'recvonly', direction: 'sendrecv' }), phone())).toBe(true);
  });
});

describe('no media flows', () => {
  test.each([
    ['recvonly', 'sendrecv'],
    ['inactive', 'sendrecv'],
    ['sendrecv', 'sendonly'],
    ['sendrecv', 'inactive'],
    ['sendonly', 'sendonly'],
  ])('from one that says %s to one that says %s', (from, to) => {
    expect(mediaFlows(phone({ direction: from }), phone({ direction: to }))).toBe(false);
  });

  test('from one that is on hold in the old style, for the session or for the medium', () => {
    expect(mediaFlows(phone({ connection: '0.0.0.0' }), phone())).toBe(false);
    expect(mediaFlows(`${phone()}c=IN IP4 0.0.0.0\r\n`, phone())).toBe(false);
    expect(mediaFlows(`${phone({ connection: '0.0.0.0' })}c=IN IP4 192.0.2.20\r\n`, phone())).toBe(true);
  });

  test('on an m-line that either of them refuses, or that the other one lacks', () => {
    expect(mediaFlows(phone({ port: '0' }), phone())).toBe(false);
    expect(mediaFlows(phone(), phone({ port: '0' }))).toBe(false);
    expect(mediaFlows(`${phone({ port: '0' })}m=video 9 RTP/AVP 96\r\n`, phone())).toBe(false);
  });

  test('of kinds that are no RTP', () => {
    expect(mediaFlows(phone({ kind: 'application' }), phone({ kind: 'application' }))).toBe(false);
  });
});
