import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatJanusUrl, type JanusAddress, parseJanusUrl } from '../../../../lib/backends/janus/url.ts';

describe('an address of a Janus', () => {
  test.each<[string, JanusAddress]>([
    ['ws://127.0.0.1:8188', { url: 'ws://127.0.0.1:8188' }],
    ['wss://janus.example/ws?', { url: 'wss://janus.example/ws' }],
    ['ws://janus:8188?api_secret=a%26b', { url: 'ws://janus:8188', apiSecret: 'a&b' }],
    ['ws://janus:8188?admin=ws://janus:7188', { url: 'ws://janus:8188', admin: { url: 'ws://janus:7188' } }],
    [
      'ws://janus:8188?admin=ws://janus:7188/a%3Fb&admin_secret=x%2Cy&api_secret=z',
      { url: 'ws://janus:8188', apiSecret: 'z', admin: { url: 'ws://janus:7188/a?b', secret: 'x,y' } },
    ],
    ['ws://janus:8188?admin=&api_secret=', { url: 'ws://janus:8188' }],
  ])('%s is read', (text, address) => {
    expect(parseJanusUrl(text)).toEqual(address);
  });

  test.each([
    ['', 'this is no URL'],
    ['janus', 'this is no URL'],
    ['http://janus:8088', 'a Janus URL must begin with ws:// or wss://, not http://'],
    ['ws://me:hush@janus', 'a Janus URL must be without user and password: use api_secret'],
    ['ws://janus?admin=7188', "a Janus URL's admin must be like"],
    ['ws://janus?admin=http://janus', "a Janus URL's admin must begin with ws:// or wss://"],
    ['ws://janus?admin_secret=hush', 'a Janus URL has admin_secret without admin'],
    ['ws://janus?secret=hush', 'a Janus URL has no setting secret: it may have admin, admin_secret, api_secret'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseJanusUrl(text)).toThrow(message);
  });

  test.each([
    'ws://janus?admin_secret=hush',
    'ws://janus?apisecret=hush',
    'ws://me:hush@janus',
    'http://janus?api_secret=hush',
    'ws://janus?admin=ws://me:hush@janus',
  ])('that is refused, %s, does not show its secret', (text) => {
    expect(() => parseJanusUrl(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hush') }),
    );
  });

  test('survives the way through the environment, whatever the secrets are', () => {
    const secret = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
    fc.assert(
      fc.property(secret, secret, fc.boolean(), (apiSecret, adminSecret, hasAdmin) => {
        const address: JanusAddress = {
          url: 'ws://127.0.0.1:8188/janus',
          ...(apiSecret !== undefined && { apiSecret }),
          ...(hasAdmin && {
            admin: { url: 'ws://127.0.0.1:7188', ...(adminSecret !== undefined && { secret: adminSecret }) },
          }),
        };
        expect(parseJanusUrl(formatJanusUrl(address))).toEqual(address);
      }),
    );
  });
});
