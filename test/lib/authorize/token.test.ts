import fc from 'fast-check';
import { exportSPKI } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { TokenRefused, tokenVerifier, type VerifyToken } from '../../../lib/authorize/token.ts';
import {
  goodClaims,
  nowSeconds,
  secretEnvironment,
  signed,
  signingKey,
  startJwks,
  unsigned,
} from '../../support/tokens.ts';

async function refused(verify: VerifyToken, token: string): Promise<TokenRefused> {
  try {
    await verify(token);
  } catch (error) {
    if (error instanceof TokenRefused) {
      if (token.length > 20) expect(error.message).not.toContain(token.slice(0, 20));
      return error;
    }
    throw error;
  }
  throw new Error('the token was taken');
}

afterEach(() => vi.useRealTimers());

describe('what is configured', () => {
  test.each([
    ['neither key', {}],
    ['both keys', { ...secretEnvironment, PATCHBAY_JWKS_URL: 'http://127.0.0.1:1/' }],
    ['no issuer', { ...secretEnvironment, PATCHBAY_JWT_ISSUER: '' }],
    ['no audience', { ...secretEnvironment, PATCHBAY_JWT_AUDIENCE: undefined }],
  ])('with %s is an error that names the variable', (_, environment) => {
    expect(() => tokenVerifier(environment)).toThrow(/PATCHBAY_JW/);
  });
});

describe('claims', () => {
  const verify = tokenVerifier(secretEnvironment);

  test('of a good token are handed on', async () => {
    const exp = nowSeconds() + 600;
    expect(await verify(await signed(goodClaims({ exp, rooms: ['lobby', 'stage'] })))).toEqual({
      sub: 'ann',
      tenant: 'acme',
      scope: 'media:session media:room',
      rooms: ['lobby', 'stage'],
      exp,
    });
  });

  test('left out are tenant default, no scope, every room', async () => {
    const claims = await verify(await signed(goodClaims({ tenant: undefined, scope: undefined })));
    expect(claims).toMatchObject({ tenant: 'default', scope: '' });
    expect(claims.rooms).toBeUndefined();
  });

  test('rooms may be an empty list: no room', async () => {
    expect((await verify(await signed(goodClaims({ rooms: [] })))).rooms).toEqual([]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['expired beyond the skew of 60 s', { exp: nowSeconds() - 70 }],
    ['without an end', { exp: undefined }],
    ['with an end that is no number', { exp: 'never' }],
    ['not yet valid', { nbf: nowSeconds() + 120 }],
    ['without a sub', { sub: undefined }],
  ])('of a token %s are unauthorized', async (_, change) => {
    expect((await refused(verify, await signed(goodClaims(change)))).kind).toBe('unauthorized');
  });

  test.each([{ exp: nowSeconds() - 30 }, { nbf: nowSeconds() + 30 }])('%j is within the skew', async (change) => {
    expect(await verify(await signed(goodClaims(change)))).toHaveProperty('sub', 'ann');
  });

  test.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'elsewhere' }],
    ['no audience', { aud: undefined }],
    ['an empty sub', { sub: '' }],
    ['a sub of 257 characters', { sub: 'x'.repeat(257) }],
    ['a tenant that could be read as a key', { tenant: 'a#S#b' }],
    ['an empty tenant', { tenant: '' }],
    ['a tenant that is no text', { tenant: 5 }],
    ['a scope that is no text', { scope: ['media:admin'] }],
    ['rooms that are no list', { rooms: 'lobby' }],
    ['a room with a space: two rooms', { rooms: ['lobby stage'] }],
    ['too many rooms', { rooms: Array.from({ length: 65 }, (_, at) => `r${at}`) }],
  ])('with %s are denied', async (_, change) => {
    expect((await refused(verify, await signed(goodClaims(change)))).kind).toBe('denied');
  });

  test('one audience of several is enough', async () => {
    expect(await verify(await signed(goodClaims({ aud: ['elsewhere', 'patchbay'] })))).toHaveProperty('sub');
  });
});

describe('a token by secret', () => {
  const verify = tokenVerifier(secretEnvironment);

  test('signed with another secret is unauthorized', async () => {
    const other = new TextEncoder().encode('another secret of more than 32 bytes');
    expect((await refused(verify, await signed(goodClaims(), other))).kind).toBe('unauthorized');
  });

  test('with alg none is unauthorized', async () => {
    expect((await refused(verify, unsigned(goodClaims()))).kind).toBe('unauthorized');
  });

  test('with another algorithm is unauthorized', async () => {
    const token = await signed(goodClaims(), new Uint8Array(64).fill(1), { alg: 'HS512' });
    expect((await refused(verify, token)).kind).toBe('unauthorized');
  });

  test('whose claims were changed is unauthorized', async () => {
    const [header, , signature] = (await signed(goodClaims())).split('.');
    const claims = Buffer.from(JSON.stringify(goodClaims({ sub: 'root' }))).toString('base64url');
    expect((await refused(verify, `${header}.${claims}.${signature}`)).kind).toBe('unauthorized');
  });

  test.each(['', 'x', 'a.b', 'a.b.c', '...', 'ü.ü.ü'])('that is no token, %j, is unauthorized', async (text) => {
    expect((await refused(verify, text)).kind).toBe('unauthorized');
  });
});

describe('a token by key set', () => {
  const jwksEnvironment = (url: string) => ({
    ...secretEnvironment,
    PATCHBAY_JWT_SECRET: undefined,
    PATCHBAY_JWKS_URL: url,
  });
  let rsa: Awaited<ReturnType<typeof signingKey>>;
  let ec: Awaited<ReturnType<typeof signingKey>>;
  let jwks: Awaited<ReturnType<typeof startJwks>>;
  let verify: VerifyToken;
  beforeAll(async () => {
    [rsa, ec] = await Promise.all([signingKey('rsa-1'), signingKey('ec-1', 'ES256')]);
    jwks = await startJwks([rsa.jwk, ec.jwk]);
    verify = tokenVerifier(jwksEnvironment(jwks.url));
  });
  afterAll(() => jwks.stop());

  test('signed by RS256 or ES256 is taken, and the set is read once', async () => {
    expect(await verify(await signed(goodClaims(), rsa.privateKey, rsa.header))).toHaveProperty('sub', 'ann');
    expect(await verify(await signed(goodClaims(), ec.privateKey, ec.header))).toHaveProperty('sub', 'ann');
    expect(jwks.requests).toBe(1);
  });

  test('signed by HS256 with the public key as its secret is unauthorized', async () => {
    const pem = new TextEncoder().encode(await exportSPKI(rsa.publicKey));
    const modulus = new TextEncoder().encode(JSON.stringify(rsa.jwk));
    for (const key of [pem, modulus]) {
      const token = await signed(goodClaims(), key, { alg: 'HS256', kid: 'rsa-1' });
      expect((await refused(verify, token)).kind).toBe('unauthorized');
    }
  });

  test('with alg none is unauthorized', async () => {
    expect((await refused(verify, unsigned(goodClaims()))).kind).toBe('unauthorized');
  });

  test('of an unknown key, or of a known key’s name, is unauthorized', async () => {
    const stranger = await signingKey('stranger');
    expect((await refused(verify, await signed(goodClaims(), stranger.privateKey, stranger.header))).kind).toBe(
      'unauthorized',
    );
    expect((await refused(verify, await signed(goodClaims(), stranger.privateKey, rsa.header))).kind).toBe(
      'unauthorized',
    );
  });

  test('of another algorithm is unauthorized, even by a key of the set', async () => {
    const other = await signingKey('rs512', 'RS512');
    const set = await startJwks([other.jwk]);
    const token = await signed(goodClaims(), other.privateKey, other.header);
    expect((await refused(tokenVerifier(jwksEnvironment(set.url)), token)).kind).toBe('unauthorized');
    await set.stop();
  });

  test('of a key that came later is taken, and one of a key that went is not', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const [old, fresh] = await Promise.all([signingKey('old'), signingKey('fresh')]);
    const rotating = await startJwks([old.jwk]);
    const check = tokenVerifier(jwksEnvironment(rotating.url));
    const byOld = await signed(goodClaims(), old.privateKey, old.header);
    const byFresh = await signed(goodClaims(), fresh.privateKey, fresh.header);
    expect(await check(byOld)).toHaveProperty('sub', 'ann');

    rotating.serve([fresh.jwk]);
    vi.setSystemTime(Date.now() + 2000);
    expect(await check(byFresh)).toHaveProperty('sub', 'ann');
    vi.setSystemTime(Date.now() + 2000);
    expect((await refused(check, byOld)).kind).toBe('unauthorized');
    await rotating.stop();
  });

  test('whose set cannot be had is a fault, not unauthorized: nobody knows', async () => {
    const token = await signed(goodClaims(), rsa.privateKey, rsa.header);
    const broken = await startJwks([]);
    for (const [status, text] of [
      [500, 'no'],
      [200, 'no'],
      [200, '{"keys":1}'],
    ] as const) {
      broken.answer(status, text);
      const verify = tokenVerifier(jwksEnvironment(broken.url));
      await expect(verify(token)).rejects.toThrow(/^the key set is out of reach: .*JSON Web Key Set/);
      await expect(verify(token)).rejects.not.toBeInstanceOf(TokenRefused);
    }
    await broken.stop();
    const gone = tokenVerifier(jwksEnvironment(broken.url));
    await expect(gone(token)).rejects.toThrow('the key set is out of reach: fetch failed');
  });

  test('of any other kind is refused, whatever a stranger sends', async () => {
    const good = await signed(goodClaims(), rsa.privateKey, rsa.header);
    const header = fc.record(
      {
        alg: fc.oneof(fc.constantFrom('RS256', 'ES256', 'HS256', 'none', 'EdDSA'), fc.jsonValue()),
        kid: fc.oneof(fc.constantFrom('rsa-1', 'ec-1'), fc.jsonValue()),
        jwk: fc.oneof(fc.constant(rsa.jwk), fc.jsonValue()),
        jku: fc.webUrl(),
        crit: fc.jsonValue(),
        b64: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = fc.oneof(
      fc.string(),
      fc
        .tuple(header, fc.jsonValue())
        .map(([head, claims]) => `${encoded(head)}.${encoded(claims)}.${good.split('.')[2]}`),
      fc.nat(good.length - 1).map((at) => `${good.slice(0, at)}${good.slice(at + 1)}`),
    );
    for (const check of [verify, tokenVerifier(secretEnvironment)]) {
      await fc.assert(
        fc.asyncProperty(token, async (text) => {
          await expect(check(text)).rejects.toBeInstanceOf(TokenRefused);
        }),
        { numRuns: 300 },
      );
    }
  });
});
