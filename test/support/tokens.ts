import { once } from 'node:events';
import { createServer } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

export const issuer = 'https://login.example';
export const audience = 'patchbay';
export const secret = 'a secret of at least thirty-two bytes';
export const secretKey = new TextEncoder().encode(secret);

/** The environment of an authorizer that checks by secret. */
export const secretEnvironment = {
  PATCHBAY_JWT_SECRET: secret,
  PATCHBAY_JWT_ISSUER: issuer,
  PATCHBAY_JWT_AUDIENCE: audience,
};

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** What a good token says. */
export const goodClaims = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: issuer,
  aud: audience,
  sub: 'ann',
  tenant: 'acme',
  scope: 'media:session media:room',
  exp: nowSeconds() + 600,
  ...change,
});

export const signed = (
  claims: Record<string, unknown>,
  key: CryptoKey | Uint8Array = secretKey,
  header: JWTHeaderParameters = { alg: 'HS256' },
): Promise<string> => new SignJWT(claims).setProtectedHeader(header).sign(key);

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token that says that it needs no signature. */
export const unsigned = (claims: Record<string, unknown>): string =>
  `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(claims)}.`;

export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
  readonly header: JWTHeaderParameters;
}

export async function signingKey(kid: string, alg: 'RS256' | 'RS512' | 'ES256' = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { privateKey, publicKey, jwk, header: { alg, kid } };
}

/** A key set on a free port of loopback. */
export async function startJwks(first: readonly JWK[]) {
  let answer = { status: 200, text: JSON.stringify({ keys: first }) };
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/jwks.json`,
    get requests() {
      return requests;
    },
    serve(now: readonly JWK[]) {
      answer = { status: 200, text: JSON.stringify({ keys: now }) };
    },
    answer(status: number, text: string) {
      answer = { status, text };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
