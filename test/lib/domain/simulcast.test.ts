import { describe, expect, test } from 'vitest';
import { layerOrder } from '../../../lib/domain/simulcast.ts';

const offer = (...names: readonly string[]) =>
  ['v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', ...names.map((name) => `a=rid:${name} send`), ''].join('\r\n');

describe('the order of simulcast layers', () => {
  test.each([
    ['h m l', 'hml'],
    ['f h q', 'hml'],
    ['2 1 0', 'hml'],
    ['h l', 'hml'],
    ['l m h', 'lmh'],
    ['q h f', 'lmh'],
    ['q h', 'lmh'],
    ['r0 r1 r2', 'lmh'],
    ['low medium high', 'lmh'],
    ['1 2 3', 'lmh'],
  ])('of %s is %s', (names, order) => {
    expect(layerOrder(offer(...names.split(' ')))).toBe(order);
  });

  test.each(['', 'h', 'm h l', 'anna bert', 'l f'])('is not known of %j', (names) => {
    expect(layerOrder(offer(...names.split(' ').filter(Boolean)))).toBeUndefined();
  });

  test('is of the layers that are sent, whatever ends the lines', () => {
    expect(layerOrder('v=0\nm=video 9 RTP/AVP 96\na=rid:l recv\na=rid:h send pt=96\na=rid:m send\n')).toBe('hml');
  });
});
