import { describe, expect, test } from 'vitest';
import { tokenOf, wantsBatches } from '../../../lib/authorize/request.ts';

const request = (subprotocols: string | undefined, query: Record<string, string> | null = null, name?: string) => ({
  headers: subprotocols === undefined ? null : { [name ?? 'Sec-WebSocket-Protocol']: subprotocols },
  queryStringParameters: query,
});

describe('the token', () => {
  test.each([
    ['the subprotocol', request('patchbay.v1, token.abc.def.ghi')],
    [
      'the subprotocol, however it is written',
      request('token.abc.def.ghi,patchbay.v1', null, 'sec-websocket-protocol'),
    ],
    ['the query', request(undefined, { token: 'abc.def.ghi' })],
    ['the query beside other subprotocols', request('patchbay.v1', { token: 'abc.def.ghi' })],
    ['the subprotocol before the query', request('token.abc.def.ghi', { token: 'other' })],
  ])('is in %s', (_, event) => {
    expect(tokenOf(event)).toBe('abc.def.ghi');
  });

  test.each([[request(undefined)], [request('patchbay.v1')], [request(undefined, {})]])('may be missing', (event) => {
    expect(tokenOf(event)).toBeUndefined();
  });
});

describe('batches', () => {
  test.each([
    [true, request('patchbay.v1, token.a')],
    [true, request(undefined, { batch: '1' })],
    [false, request('patchbay.v2')],
    [false, request(undefined, { batch: '0' })],
    [false, request(undefined)],
  ])('%s', (wanted, event) => {
    expect(wantsBatches(event)).toBe(wanted);
  });
});
