import { expect, test } from 'vitest';
import { isPublicIpv4 } from '../../../lib/domain/public-address.ts';

test.each(['198.51.100.7', '1.1.1.1', '52.95.110.1', '172.32.0.1', '100.128.0.1'])('%s is public', (address) => {
  expect(isPublicIpv4(address)).toBe(true);
});

test.each([
  ...['10.0.1.7', '172.16.0.1', '172.31.255.254', '192.168.1.1', '100.64.0.1', '127.0.0.1', '169.254.169.254'],
  ...['0.0.0.0', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.0.8', '198.18.0.1'],
  ...['2001:db8::1', '::ffff:1.1.1.1', '1.1.1', '01.1.1.1', '1.1.1.1 ', '1.1.1.1/32', '', 'example.com', '<html>'],
])('%s is not', (address) => {
  expect(isPublicIpv4(address)).toBe(false);
});
