import { describe, expect, test } from 'vitest';
import { ownNetworks } from '../../../lib/controller/own-networks.ts';
import { addressRules } from '../../../lib/domain/addresses.ts';
import { readSettings } from '../../../lib/local/settings.ts';

const rulesOf = (environment: Record<string, string>) =>
  addressRules({ own: ownNetworks(), allowed: readSettings(environment).allowedNetworks });
const outside = { PATCHBAY_HOST: '0.0.0.0', PATCHBAY_AUTH: 'jwt' };

describe('where the local stack lets media go', () => {
  test('is loopback and the own addresses of this machine', () => {
    const rules = rulesOf({});
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', ...ownNetworks().map((one) => one.split('/')[0] ?? '')]) {
      expect(rules.refusal(address)).toBeUndefined();
    }
    expect(rules.refusal('169.254.170.2')).toBe('link-local');
  });

  test("is this machine's networks too, where others may come from them; never the link-local ones", () => {
    const { allowedNetworks } = readSettings(outside);
    const rules = addressRules({ own: [], allowed: [] });
    const networks = ownNetworks().filter((one) => rules.refusal(one.split('/')[0] ?? '') === undefined);
    expect(allowedNetworks).toEqual(expect.arrayContaining(networks));
    expect(rulesOf(outside).refusal('169.254.169.254')).toBe('link-local');
    expect(rulesOf(outside).refusal('fe80::abcd')).toBe('link-local');
  });

  test('is what PATCHBAY_ALLOWED_NETWORKS lists, and nothing else', () => {
    const environment = { PATCHBAY_ALLOWED_NETWORKS: '198.51.100.0/24, 127.0.0.2' };
    expect(readSettings(environment).allowedNetworks).toEqual(['198.51.100.0/24', '127.0.0.2']);
    expect(rulesOf(environment).refusal('127.0.0.1')).toBe('loopback');
  });

  test('cannot be what is no network', () => {
    expect(() => readSettings({ PATCHBAY_ALLOWED_NETWORKS: '10.0.0.0/8,10.0.0.0/40' })).toThrow(
      'PATCHBAY_ALLOWED_NETWORKS must list IP addresses or networks such as 10.0.0.0/8, by comma, not 10.0.0.0/40',
    );
  });
});
