import { describe, expect, it } from 'vitest';
import { authorize } from '../../../../lib/local/gateway/authorizer.ts';
import type { AuthorizerEvent } from '../../../../lib/local/gateway/event.ts';
import { createRequestContext } from '../../../../lib/local/gateway/event.ts';
import { allow } from './support.ts';

const METHOD_ARN = 'arn:aws:execute-api:us-east-1:000000000000:local/local/$connect';
const info = { connectionId: 'c=', connectedAtMs: 0, identity: { sourceIp: '127.0.0.1' }, domainName: 'd', stage: 's' };
const event: AuthorizerEvent = {
  type: 'REQUEST',
  methodArn: METHOD_ARN,
  headers: {},
  multiValueHeaders: {},
  queryStringParameters: {},
  multiValueQueryStringParameters: {},
  stageVariables: {},
  requestContext: createRequestContext({ ...info, apiId: 'local' }, 'CONNECT', '$connect', 0),
};

async function outcomeOf(result: unknown) {
  const outcome = await authorize(async () => result, event, {
    routeKey: 'authorizer',
    timeoutMs: 1000,
    now: () => 7,
    signal: new AbortController().signal,
    resultBytes: 8192,
  });
  return outcome.allowed ? outcome.context : outcome.refusal.statusCode;
}

function policy(...Statement: object[]) {
  return { principalId: 'ann', policyDocument: { Version: '2012-10-17', Statement } };
}

describe('authorizer', () => {
  it('passes on its context as strings', async () => {
    expect(await outcomeOf(allow({ tenant: 'default', exp: 5, admin: true }))).toEqual({
      tenant: 'default',
      exp: '5',
      admin: 'true',
      principalId: 'ann',
      integrationLatency: 0,
    });
  });

  it.each(['*', METHOD_ARN, 'arn:aws:execute-api:*:*:local/*', 'arn:aws:execute-api:us-east-?:*$connect'])(
    'allows by the resource %s',
    async (Resource) => {
      const allowed = { Effect: 'Allow', Action: ['execute-api:*'], Resource: ['x', Resource] };
      expect(await outcomeOf(policy(allowed))).toMatchObject({ principalId: 'ann' });
    },
  );

  it('refuses with 403 what no statement allows, and what one denies', async () => {
    const allowed = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' };
    expect(await outcomeOf(policy({ ...allowed, Resource: 'arn:other' }))).toBe(403);
    expect(await outcomeOf(policy({ ...allowed, Action: 's3:GetObject' }))).toBe(403);
    expect(await outcomeOf(policy(allowed, { ...allowed, Effect: 'Deny' }))).toBe(403);
  });

  it.each([
    undefined,
    'yes',
    { principalId: 'ann' },
    { ...allow(), principalId: undefined },
    policy(),
    { ...allow(), context: { nested: { a: 1 } } },
    { ...allow(), context: { long: 'x'.repeat(9000) } },
  ])('refuses with 500 a result that API Gateway can not use: %j', async (result) => {
    expect(await outcomeOf(result)).toBe(500);
  });
});
