import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  goodClaims,
  nowSeconds,
  secretEnvironment,
  signed,
  signingKey,
  startJwks,
  unsigned,
} from '../support/tokens.ts';
import { filterPattern, type Unknowns } from './support/filter-pattern.ts';
import { errorLine, line, reportLine } from './support/lambda-log.ts';
import { idsIn, templateOf } from './support/template.ts';

/** A filter must be right whatever CloudWatch makes of what it does not document. */
const readings: readonly Unknowns[] = [{ missingDiffers: false }, { missingDiffers: true }];

describe.each(readings)('the syntax of filters, %j, as its documentation has it', (unknowns) => {
  const trail = JSON.stringify({
    eventType: 'UpdateTrail',
    sourceIPAddress: '111.111.111.111',
    arrayKey: ['value', 'another value'],
    objectList: [
      { name: 'a', id: 1 },
      { name: 'b', id: 2 },
    ],
    SomeObject: null,
  });
  const user = JSON.stringify({
    user: { id: 1, email: 'John.Stiles@example.com' },
    users: [
      { id: 2, email: 'John.Doe@example.com' },
      { id: 3, email: 'Jane.Doe@example.com' },
    ],
    actions: ['GET', 'PUT', 'DELETE'],
    coordinates: [
      [0, 1, 2],
      [4, 5, 6],
    ],
  });

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html
  test.each([
    ['{ $.eventType = "UpdateTrail" }', trail, true],
    ['{ $.eventType = "Update*" }', trail, true],
    ['{ $.sourceIPAddress != 123.123.* }', trail, true],
    ['{ $.sourceIPAddress != 111.111.* }', trail, false],
    ['{ $.arrayKey[0] = "value" }', trail, true],
    ['{ $.objectList[1].id = 2 }', trail, true],
    ['{ $.SomeOtherObject NOT EXISTS }', trail, true],
    ['{ $.eventType NOT EXISTS }', trail, false],
    ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', user, true],
    [
      '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }',
      user,
      true,
    ],
    [
      '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }',
      user,
      false,
    ],
    ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', user, false],
    ['{ $.eventType = "UpdateTrail" }', 'eventType UpdateTrail', false],
  ])('%s', (pattern, event, matches) => {
    expect(filterPattern(pattern, unknowns)(event)).toBe(matches);
  });

  test.each(['ERROR', '{ $.a > 1 }', '{ $.a = %b% }', '{ ($.a = 1 }', '{ $.a IS NULL }'])(
    'knows its limits: %s',
    (pattern) => {
      expect(() => filterPattern(pattern, unknowns)).toThrow(Error);
    },
  );
});

/** All that `authorize` logs, as it is in CloudWatch: its own lines, and the runtime's for what it threw. */
async function linesOf(environment: Record<string, string>, token?: string): Promise<string[]> {
  for (const [name, value] of Object.entries({ PATCHBAY_AUTH: 'jwt', ...environment })) vi.stubEnv(name, value);
  vi.resetModules();
  const { handler } = await import('../../functions/authorize.ts');
  const event = {
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:abc/prod/$connect',
    headers: token === undefined ? null : { 'Sec-WebSocket-Protocol': `patchbay.v1, token.${token}` },
    queryStringParameters: null,
  };
  try {
    await handler(event as unknown as APIGatewayRequestAuthorizerEvent);
    return [...printed, reportLine('success')];
  } catch (error) {
    return [...printed, errorLine(error), reportLine('error')];
  }
}

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'warn').mockImplementation((words: unknown) => void printed.push(line('WARN', words)));
  vi.spyOn(console, 'error').mockImplementation((words: unknown) => void printed.push(line('ERROR', words)));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const { PATCHBAY_JWT_SECRET: _, ...claimsOnly } = secretEnvironment;
const bySecretsManager = {
  ...claimsOnly,
  PATCHBAY_JWT_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:1:secret:calls',
};
const byKeySet = (url: string) => ({ ...claimsOnly, PATCHBAY_JWKS_URL: url });
const ofSecretsManager = (answer: () => Promise<unknown>) =>
  vi.spyOn(SecretsManagerClient.prototype, 'send').mockImplementation(answer as () => Promise<void>);

describe('what counts as a fault of the functions', () => {
  const template = templateOf('prod');
  const logOf = (name: string): string => {
    const found = template.ofType('Lambda::Function').find((one) => one.Properties.Description === `patchbay ${name}`);
    return idsIn(Reflect.get(Object(found?.Properties.LoggingConfig), 'LogGroup'))[0] ?? '';
  };
  /** By the metrics that the alarm adds up. */
  const counted = (name: string, lines: readonly string[], unknowns: Unknowns): number => {
    const summed = JSON.stringify(template.only('CloudWatch::Alarm', 'Watch/Errors').Properties.Metrics);
    return template
      .ofType('Logs::MetricFilter')
      .filter(({ Properties }) => idsIn(Properties.LogGroupName)[0] === logOf(name))
      .filter(({ Properties }) =>
        (Properties.MetricTransformations as { MetricName: string; MetricValue: string }[]).every(
          ({ MetricName, MetricValue }) => summed.includes(`"${MetricName}"`) && MetricValue === '1',
        ),
      )
      .flatMap(({ Properties }) => lines.filter(filterPattern(String(Properties.FilterPattern), unknowns))).length;
  };

  describe.each(readings)('%j', (unknowns) => {
    test.each<[string, () => Promise<string | undefined>]>([
      ['none', async () => undefined],
      ['one that is none', async () => 'x'.repeat(40)],
      ['one without a signature', async () => unsigned(goodClaims())],
      ["a stranger's", () => signed(goodClaims(), new Uint8Array(32).fill(7))],
      ['one that has expired', () => signed(goodClaims({ exp: nowSeconds() - 70 }))],
      ["another service's", () => signed(goodClaims({ aud: 'elsewhere' }))],
      ['a good one', () => signed(goodClaims())],
    ])('no token is a fault: %s', async (_, token) => {
      const lines = await linesOf(secretEnvironment, await token());
      expect(counted('authorize', lines, unknowns), lines.join('\n')).toBe(0);
    });

    test('that nothing can be checked is one: no key set', async () => {
      const key = await signingKey('one');
      const token = await signed(goodClaims(), key.privateKey, key.header);
      const lines = await linesOf(byKeySet('http://127.0.0.1:1/jwks.json'), token);
      expect(counted('authorize', lines, unknowns), lines.join('\n')).toBe(1);
    });

    test("a stranger's key is none, where there is a key set", async () => {
      const [key, stranger] = await Promise.all([signingKey('one'), signingKey('two')]);
      const jwks = await startJwks([key.jwk]);
      const lines = await linesOf(byKeySet(jwks.url), await signed(goodClaims(), stranger.privateKey, stranger.header));
      await jwks.stop();
      expect(counted('authorize', lines, unknowns), lines.join('\n')).toBe(0);
    });

    test('that nothing can be checked is one: no secret', async () => {
      ofSecretsManager(() => Promise.reject(new Error('AccessDeniedException')));
      const lines = await linesOf(bySecretsManager, await signed(goodClaims()));
      expect(counted('authorize', lines, unknowns), lines.join('\n')).toBe(1);
    });

    test('an error that cannot be written as JSON is one', async () => {
      const error = new Error('AccessDeniedException');
      ofSecretsManager(() => Promise.reject(Object.assign(error, { itself: error })));
      const lines = await linesOf(bySecretsManager, await signed(goodClaims()));
      expect(lines[0]).not.toContain('"errorMessage"');
      expect(counted('authorize', lines, unknowns), lines.join('\n')).toBe(1);
    });

    test('that the authorizer takes too long is one', () => {
      expect(counted('authorize', [reportLine('timeout')], unknowns)).toBe(1);
    });

    test('a command that fails is one, and one that ends in time is none', () => {
      // As powertools' logger writes it.
      const failed = JSON.stringify({ level: 'ERROR', message: 'command failed', command: 'session/create' });
      expect(counted('session/create', [failed, reportLine('success')], unknowns)).toBe(1);
      expect(counted('session/create', [line('INFO', 'Unauthorized'), reportLine('success')], unknowns)).toBe(0);
    });
  });
});
