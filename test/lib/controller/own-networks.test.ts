import { expect, test } from 'vitest';
import { ownNetworks, readAddressRules } from '../../../lib/controller/own-networks.ts';
import { parseNetwork } from '../../../lib/domain/ip-address.ts';

test("the own networks are this machine's, loopback among them", () => {
  expect(ownNetworks()).toContain('127.0.0.1/8');
  expect(ownNetworks().every((network) => parseNetwork(network))).toBe(true);
});

test('without a setting, media goes to none of them', () => {
  for (const network of ownNetworks()) {
    expect(readAddressRules({}).refusal(network.split('/')[0] ?? '')).toBeDefined();
  }
  expect(readAddressRules({ PATCHBAY_ALLOWED_NETWORKS: '127.0.0.1' }).refusal('127.0.0.1')).toBeUndefined();
});

test('a wrong entry is told with the name of the variable', () => {
  expect(() => readAddressRules({ PATCHBAY_ALLOWED_NETWORKS: 'localhost' })).toThrow(
    /^PATCHBAY_ALLOWED_NETWORKS .*localhost$/,
  );
});
