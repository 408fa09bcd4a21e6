import { expect, test } from 'vitest';
import { isHere, mediaAddressesOf, outsideAddress } from '../../../lib/engines/media-addresses.ts';

test('on loopback all is on loopback', () => {
  expect(mediaAddressesOf('127.0.0.1')).toEqual({
    mediaAddress: '127.0.0.1',
    localAddress: '127.0.0.1',
    iceInterfaces: ['lo'],
  });
});

test('an address of this machine is where its media is', () => {
  const own = outsideAddress();
  expect(mediaAddressesOf(own)).toMatchObject({ mediaAddress: own, localAddress: own });
});

test('behind any other address is the one that is given, or by which others are reached', () => {
  const mediaAddress = '198.51.100.7';
  expect(mediaAddressesOf(mediaAddress, '10.0.1.7')).toEqual({
    mediaAddress,
    localAddress: '10.0.1.7',
    iceInterfaces: ['10.0.1.7'],
  });
  expect(mediaAddressesOf(mediaAddress).localAddress).toBe(outsideAddress());
});

test.each([
  ['127.0.0.1', true],
  ['localhost', true],
  [outsideAddress(), true],
  ['192.0.2.7', false],
  ['freeswitch.internal', false],
])('an engine at %s is on this machine: %s', (host, here) => {
  expect(isHere(host)).toBe(here);
});

test('others are never reached by a link-local address', () => {
  expect(outsideAddress()).not.toMatch(/^169\.254\./);
});
