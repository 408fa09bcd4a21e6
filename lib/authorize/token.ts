import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as z from 'zod/mini';
import { type Environment, need, read } from '../env.ts';

/** How far the token issuer's clock and ours may differ. */
const clockSkewSeconds = 60;

const name = z.string().check(z.regex(/^[A-Za-z0-9_.:-]{1,64}$/));
const claims = z.object({
  sub: z.string().check(z.minLength(1), z.maxLength(256)),
  tenant: z._default(name, 'default'),
  scope: z._default(z.string().check(z.maxLength(1024)), ''),
  rooms: z.optional(z.array(name).check(z.maxLength(64))),
  exp: z.number(),
});

/** What a token says about its bearer. docs/protocol.md#identity-and-access. */
export type Claims = z.output<typeof claims>;

/** Why a token was refused: goes to the log, which never sees the token. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  /** `unauthorized` for a token that cannot be trusted, `denied` for one that is genuine but not for here. */
  readonly kind: 'unauthorized' | 'denied';

  constructor(kind: 'unauthorized' | 'denied', why: string) {
    super(why);
    this.kind = kind;
  }
}

export type VerifyToken = (token: string) => Promise<Claims>;

/**
 * Tokens are checked by a JWKS (RS256, ES256) or by a secret (HS256), never by what the token itself says it is.
 *
 * @returns what rejects with TokenRefused for a token that is not good, and with another Error where none could be checked
 * @throws Error when neither or both are configured
 */
export function tokenVerifier(environment: Environment = process.env): VerifyToken {
  const secret = read('jwtSecret', environment);
  const jwksUrl = read('jwksUrl', environment);
  if ((secret === undefined) === (jwksUrl === undefined)) {
    throw new Error('set one of PATCHBAY_JWT_SECRET and PATCHBAY_JWKS_URL');
  }
  const issuer = need('jwtIssuer', environment);
  const audience = need('jwtAudience', environment);
  const options = { issuer, audience, clockTolerance: clockSkewSeconds, requiredClaims: ['exp', 'sub'] };
  const verify =
    jwksUrl === undefined
      ? bySecret(new TextEncoder().encode(secret), options)
      : byJwks(createRemoteJWKSet(new URL(jwksUrl), { cooldownDuration: 1000 }), options);
  return async (token) => {
    const payload = await verify(token).catch((error: unknown) => {
      throw isOfKeySet(error) ? outOfReach(error) : refusal(error);
    });
    const result = z.safeParse(claims, payload);
    if (!result.success) {
      throw new TokenRefused('denied', `claim ${result.error.issues[0]?.path.join('.') ?? ''} cannot be used`);
    }
    return result.data;
  };
}

type Options = Parameters<typeof jwtVerify>[2];

const bySecret =
  (key: Uint8Array, options: Options) =>
  async (token: string): Promise<JWTPayload> =>
    (await jwtVerify(token, key, { ...options, algorithms: ['HS256'] })).payload;

const byJwks =
  (keys: JWTVerifyGetKey, options: Options) =>
  async (token: string): Promise<JWTPayload> =>
    (await jwtVerify(token, keys, { ...options, algorithms: ['RS256', 'ES256'] })).payload;

/** What `jose` says of a key set, not of a token: it cannot be had, or is none. What is no error of its own came from `fetch`. */
const keySetErrors: ReadonlySet<string> = new Set([
  errors.JOSEError.code,
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
  errors.JWKInvalid.code,
]);

const isOfKeySet = (error: unknown): boolean => !(error instanceof errors.JOSEError) || keySetErrors.has(error.code);

/** A fault of the issuer's or ours, of which the bearer of a token can know nothing: no 401. */
const outOfReach = (cause: unknown): Error =>
  new Error(`the key set is out of reach: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });

/** A genuine token for another audience or issuer is a 403; everything else, a 401. */
function refusal(error: unknown): TokenRefused {
  if (error instanceof errors.JWTClaimValidationFailed && ['aud', 'iss'].includes(error.claim)) {
    return new TokenRefused('denied', `the token's ${error.claim} is not the one expected`);
  }
  return new TokenRefused('unauthorized', error instanceof errors.JOSEError ? error.code : 'not a token');
}
