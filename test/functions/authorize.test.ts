import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { goodClaims, nowSeconds, secret, secretEnvironment, signed, unsigned } from '../support/tokens.ts';

const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:abc/prod/$connect';
type Request = Partial<Pick<APIGatewayRequestAuthorizerEvent, 'headers' | 'queryStringParameters'>>;

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation(
      (...words: unknown[]) => void printed.push(words.map(String).join(' ')),
    );
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function authorize(environment: Record<string, string>, request: Request) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  const { handler } = await import('../../functions/authorize.ts');
  const event = { type: 'REQUEST', methodArn, headers: null, queryStringParameters: null, ...request };
  return handler(event as APIGatewayRequestAuthorizerEvent);
}
const withToken = (token: string): Request => ({
  headers: { 'Sec-WebSocket-Protocol': `patchbay.v1, token.${token}` },
});
const jwt = (request: Request) => authorize({ PATCHBAY_AUTH: 'jwt', ...secretEnvironment }, request);

describe('PATCHBAY_AUTH=none', () => {
  test('lets anybody in as anonymous of tenant default with all scopes, and without an end', async () => {
    const { policyDocument, context, principalId } = await authorize({ PATCHBAY_AUTH: 'none' }, {});
    expect(policyDocument.Statement).toEqual([{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn }]);
    expect(principalId).toBe('anonymous');
    expect(context).toEqual({
      tenant: 'default',
      sub: 'anonymous',
      scope: 'media:session media:room media:rtp media:admin',
      batch: '0',
    });
  });

  test('notes who takes batches', async () => {
    const { context } = await authorize({ PATCHBAY_AUTH: 'none' }, { queryStringParameters: { batch: '1' } });
    expect(context).toMatchObject({ batch: '1' });
  });
});

describe('PATCHBAY_AUTH=jwt', () => {
  test('hands the identity on, every value as text', async () => {
    const exp = nowSeconds() + 600;
    const token = await signed(goodClaims({ exp, rooms: ['lobby', 'stage'] }));
    const { policyDocument, context, principalId } = await jwt(withToken(token));
    expect(policyDocument.Statement).toMatchObject([{ Effect: 'Allow', Resource: methodArn }]);
    expect(principalId).toBe('ann');
    expect(context).toEqual({
      tenant: 'acme',
      sub: 'ann',
      scope: 'media:session media:room',
      rooms: 'lobby stage',
      exp: String(exp),
      batch: '1',
    });
  });

  test('takes the token from the query, too', async () => {
    const { context } = await jwt({ queryStringParameters: { token: await signed(goodClaims()) } });
    expect(context).toMatchObject({ sub: 'ann', batch: '0' });
  });

  test('is what counts where nothing is set', async () => {
    await expect(authorize({ PATCHBAY_AUTH: '', ...secretEnvironment }, {})).rejects.toThrow('Unauthorized');
  });

  test('is a 401 without a token', async () => {
    await expect(jwt({})).rejects.toThrow(/^Unauthorized$/);
  });

  test.each([
    ['expired', () => signed(goodClaims({ exp: nowSeconds() - 70 }))],
    ['unsigned', () => Promise.resolve(unsigned(goodClaims()))],
    ['signed by a stranger', () => signed(goodClaims(), new Uint8Array(32).fill(7))],
    ['no token at all', () => Promise.resolve('x'.repeat(40))],
  ])('is a 401 for one that is %s, and the log never holds it', async (_, make) => {
    const token = await make();
    await expect(jwt(withToken(token))).rejects.toThrow(/^Unauthorized$/);
    expect(printed).toHaveLength(1);
    for (const part of token.split('.').filter((word) => word.length > 10)) {
      expect(printed.join('\n')).not.toContain(part);
    }
  });

  test.each([
    ['another audience', { aud: 'elsewhere' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['a bad tenant', { tenant: 'a b' }],
  ])('denies a genuine token with %s: 403, no identity, and the log never holds it', async (_, change) => {
    const token = await signed(goodClaims(change));
    const { policyDocument, context } = await jwt(withToken(token));
    expect(policyDocument.Statement).toMatchObject([{ Effect: 'Deny', Resource: methodArn }]);
    expect(context).toEqual({});
    expect(printed).toHaveLength(1);
    for (const part of token.split('.')) expect(printed.join('\n')).not.toContain(part);
  });

  test('that is misconfigured fails as a fault, not as a 401', async () => {
    await expect(authorize({ PATCHBAY_AUTH: 'jwt' }, withToken('a.b.c'))).rejects.toThrow(/PATCHBAY_JWT_SECRET/);
  });

  describe('with a secret of Secrets Manager', () => {
    const { PATCHBAY_JWT_SECRET: _, ...claims } = secretEnvironment;
    const environment = { ...claims, PATCHBAY_JWT_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:1:secret:calls' };
    const send = () => vi.spyOn(SecretsManagerClient.prototype, 'send');

    test('takes what is signed with it', async () => {
      const asked = send().mockImplementation(() => Promise.resolve({ SecretString: secret }));
      const { policyDocument } = await authorize(
        { PATCHBAY_AUTH: 'jwt', ...environment },
        withToken(await signed(goodClaims())),
      );
      expect(policyDocument.Statement).toMatchObject([{ Effect: 'Allow' }]);
      expect(asked.mock.lastCall?.[0].input).toEqual({ SecretId: environment.PATCHBAY_JWT_SECRET_ARN });
    });

    test('asks for it only where there is a token to check', async () => {
      const asked = send();
      await expect(authorize({ PATCHBAY_AUTH: 'jwt', ...environment }, {})).rejects.toThrow(/^Unauthorized$/);
      expect(asked).not.toHaveBeenCalled();
    });

    test('that cannot be had fails as a fault, and is asked for again', async () => {
      const asked = send().mockImplementationOnce(() => Promise.reject(new Error('AccessDenied')));
      const token = withToken(await signed(goodClaims()));
      await expect(authorize({ PATCHBAY_AUTH: 'jwt', ...environment }, token)).rejects.toThrow('AccessDenied');
      asked.mockImplementation(() => Promise.resolve({ SecretString: secret }));
      await expect(authorize({ PATCHBAY_AUTH: 'jwt', ...environment }, token)).resolves.toMatchObject({
        principalId: 'ann',
      });
    });
  });
});
