import { describe, expect, it } from 'vitest';
import { isHostAllowed, isUpgradeAllowed, LOOPBACK_HOSTS } from '../../../../lib/local/gateway/origin.ts';

const rules = { allowedHosts: [...LOOPBACK_HOSTS, 'patchbay.lan'], allowedOrigins: ['http://localhost:5173'] };

describe('host rule', () => {
  it.each(['localhost:3000', 'LOCALHOST', '127.0.0.1:1', '[::1]:3000', 'patchbay.lan'])('allows %s', (host) => {
    expect(isHostAllowed(host, rules)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example:3000',
    'evil@localhost',
    'localhost/x',
    '::1',
    'localhost:x',
  ])('refuses %s', (host) => {
    expect(isHostAllowed(host, rules)).toBe(false);
  });
});

describe('origin rule', () => {
  it.each([
    ['localhost:3000', undefined],
    ['localhost:3000', 'http://localhost:3000'],
    ['localhost', 'http://localhost'],
    ['localhost:80', 'http://localhost'],
    ['[::1]:3000', 'http://[::1]:3000'],
    ['127.0.0.1:3000', 'http://localhost:5173'],
  ])('allows a page of this server or of a listed origin: %s from %s', (host, origin) => {
    expect(isUpgradeAllowed({ host, ...(origin !== undefined && { origin }) }, rules)).toBe(true);
  });

  it.each([
    ['localhost:3000', 'http://evil.example'],
    ['localhost:3000', 'http://localhost:3001'],
    ['localhost:3000', 'http://127.0.0.1:3000'],
    ['localhost:3000', 'http://localhost:3000.evil.example'],
    ['localhost:3000', 'null'],
    ['localhost:3000', ''],
    ['localhost:3000', 'localhost:3000'],
    ['evil.example', 'http://evil.example'],
  ])('refuses any other page: %s from %s', (host, origin) => {
    expect(isUpgradeAllowed({ host, origin }, rules)).toBe(false);
  });
});
