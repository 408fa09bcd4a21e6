import { exportSPKI, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { handler as connected } from '../../functions/connect.ts';
import { recorder, startGateway } from '../lib/local/gateway/support.ts';
import { functionsUnderTest } from '../support/functions.ts';
import {
  goodClaims,
  nowSeconds,
  secretEnvironment,
  signed,
  signingKey,
  startJwks,
  unsigned,
} from '../support/tokens.ts';

/**
 * docs/protocol.md#connecting from the outside: a WebSocket client with a token, the gateway, `authorize` and `$connect`.
 * Who is refused gets a status, the log a line, and nobody the token.
 */
functionsUnderTest();

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void printed.push(words.map(String).join(' ')));
  }
});
afterEach(() => vi.restoreAllMocks());

/** A server whose authorizer has just been started with these settings. */
async function serverWith(environment: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  const { loadAuthorizer } = await import('../../lib/local/routes.ts');
  const messages = recorder({ statusCode: 200, body: '{}' });
  const gateway = await startGateway({
    authorizer: await loadAuthorizer(),
    routes: { $connect: connected, $default: messages.handler },
    log: (line) => printed.push(JSON.stringify(line)),
  });
  return { gateway, messages };
}

const bySecret = () => serverWith({ ...secretEnvironment, PATCHBAY_AUTH: 'jwt', PATCHBAY_JWKS_URL: '' });
async function byKeySet(keys: readonly JWK[]) {
  const jwks = await startJwks(keys);
  onTestFinished(() => jwks.stop());
  const server = await serverWith({
    ...secretEnvironment,
    PATCHBAY_AUTH: 'jwt',
    PATCHBAY_JWT_SECRET: '',
    PATCHBAY_JWKS_URL: jwks.url,
  });
  return { ...server, jwks };
}
type Server = Awaited<ReturnType<typeof bySecret>>;

/** Both ways in which a client can give its token. */
const ways = {
  subprotocol: (token: string): [string, string[]] => ['', ['patchbay.v1', `token.${token}`]],
  query: (token: string): [string, string[]] => [`?token=${token}`, []],
};

/** It is refused with this status either way, and the log says so without the token. */
async function refuses({ gateway }: Server, token: string, statusCode: 401 | 403, why: string): Promise<void> {
  for (const way of Object.values(ways)) {
    printed.length = 0;
    const [query, subprotocols] = way(token);
    const answer = await gateway.refused(query, {}, subprotocols);
    expect(answer.statusCode).toBe(statusCode);
    const lines = printed.filter((line) => line.includes('token refused'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(why);
    for (const part of token.split('.').filter((word) => word.length > 8)) {
      expect([...printed, answer.body].join('\n')).not.toContain(part);
    }
    expect(gateway.gateway.connectionCount).toBe(0);
  }
}

/** It lets the client in either way, as whom the token says. */
async function takes({ gateway, messages }: Server, token: string, sub = 'ann'): Promise<void> {
  for (const [name, way] of Object.entries(ways)) {
    const [query, subprotocols] = way(token);
    const client = await gateway.connect(query, subprotocols);
    expect(client.socket.protocol).toBe(name === 'subprotocol' ? 'patchbay.v1' : '');
    client.socket.send('{}');
    await client.next();
    expect(messages.events.at(-1)?.requestContext.authorizer).toMatchObject({ tenant: 'acme', sub });
    client.socket.close();
    await client.closed;
  }
  expect(printed.join('\n')).not.toContain(token.split('.')[2]);
}

describe('by secret', () => {
  test('a good token is let in', async () => {
    await takes(await bySecret(), await signed(goodClaims()));
  });

  test('no token is 401', async () => {
    const { gateway } = await bySecret();
    expect((await gateway.refused()).statusCode).toBe(401);
    expect((await gateway.refused('', {}, ['patchbay.v1'])).statusCode).toBe(401);
  });

  test('an expired token is 401', async () => {
    await refuses(await bySecret(), await signed(goodClaims({ exp: nowSeconds() - 70 })), 401, 'ERR_JWT_EXPIRED');
  });

  test('a token that is not valid yet is 401', async () => {
    const token = await signed(goodClaims({ nbf: nowSeconds() + 120 }));
    await refuses(await bySecret(), token, 401, 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('a token of the wrong issuer is 403', async () => {
    const token = await signed(goodClaims({ iss: 'https://evil.example' }));
    await refuses(await bySecret(), token, 403, "the token's iss is not the one expected");
  });

  test('a token for the wrong audience is 403', async () => {
    const token = await signed(goodClaims({ aud: 'elsewhere' }));
    await refuses(await bySecret(), token, 403, "the token's aud is not the one expected");
  });

  test('alg none is 401', async () => {
    await refuses(await bySecret(), unsigned(goodClaims()), 401, 'ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('a token signed by a stranger is 401', async () => {
    const token = await signed(goodClaims(), new Uint8Array(32).fill(7));
    await refuses(await bySecret(), token, 401, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });
});

describe('by key set', () => {
  test('a good token, RS256 or ES256, is let in', async () => {
    const [rsa, ec] = await Promise.all([signingKey('rsa-1'), signingKey('ec-1', 'ES256')]);
    const server = await byKeySet([rsa.jwk, ec.jwk]);
    await takes(server, await signed(goodClaims(), rsa.privateKey, rsa.header));
    await takes(server, await signed(goodClaims({ sub: 'bob' }), ec.privateKey, ec.header), 'bob');
    expect(server.jwks.requests).toBe(1);
  });

  test('HS256 signed with an RSA public key is 401', async () => {
    const rsa = await signingKey('rsa-1');
    const server = await byKeySet([rsa.jwk]);
    const spki = await exportSPKI(rsa.publicKey);
    for (const secret of [spki, spki.trim(), JSON.stringify(rsa.jwk)]) {
      const token = await signed(goodClaims(), new TextEncoder().encode(secret), { alg: 'HS256', kid: 'rsa-1' });
      await refuses(server, token, 401, 'ERR_JOSE_ALG_NOT_ALLOWED');
    }
  });

  test('alg none is 401', async () => {
    const rsa = await signingKey('rsa-1');
    await refuses(await byKeySet([rsa.jwk]), unsigned(goodClaims()), 401, 'ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('an unknown kid is 401', async () => {
    const [rsa, stranger] = await Promise.all([signingKey('rsa-1'), signingKey('stranger')]);
    const token = await signed(goodClaims(), stranger.privateKey, stranger.header);
    await refuses(await byKeySet([rsa.jwk]), token, 401, 'ERR_JWKS_NO_MATCHING_KEY');
  });

  test('key rotation: a new key is taken without a restart, a withdrawn one is 401', async () => {
    const [old, fresh] = await Promise.all([signingKey('old'), signingKey('fresh')]);
    const server = await byKeySet([old.jwk]);
    const byOld = await signed(goodClaims(), old.privateKey, old.header);
    const byFresh = await signed(goodClaims(), fresh.privateKey, fresh.header);
    await takes(server, byOld);
    server.jwks.serve([fresh.jwk]);
    // The set is not read more often than once a second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await takes(server, byFresh);
    await refuses(server, byOld, 401, 'ERR_JWKS_NO_MATCHING_KEY');
  });

  test('a key set that is out of reach is a fault, 500: nobody knows whether the token is good', async () => {
    const rsa = await signingKey('rsa-1');
    const server = await byKeySet([rsa.jwk]);
    await server.jwks.stop();
    const token = await signed(goodClaims(), rsa.privateKey, rsa.header);
    printed.length = 0;
    const answer = await server.gateway.refused(`?token=${token}`);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('key set');
    expect(printed.join('\n')).not.toContain('token refused');
    for (const part of token.split('.')) expect([...printed, answer.body].join('\n')).not.toContain(part);
  });
});
