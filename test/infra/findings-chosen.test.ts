import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type Environment, Stack, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterEach, expect, test } from 'vitest';
import { Patchbay } from '../../infra/patchbay.ts';
import type { PatchbayProps } from '../../infra/props.ts';

afterEach(() => {
  // CDK says so by the exit code of the process, which is not the app's here.
  process.exitCode = undefined;
});

const arn = (service: string, rest: string) => `arn:aws:${service}:eu-central-1:123456789012:${rest}`;

test.each<[string, (stack: Stack) => PatchbayProps, Environment?]>([
  ['an account and a Region', () => ({}), { account: '123456789012', region: 'eu-central-1' }],
  [
    'a key, tracing and warm functions',
    (stack) => ({
      encryptionKey: Key.fromKeyArn(stack, 'Key', arn('kms', 'key/8f3b0a3d-7f2b-4a10-9c1e-2d5a6b7c8d9e')),
      tracing: true,
      provisionedConcurrency: { 'session/create': 2 },
    }),
  ],
  [
    'engines elsewhere, a domain, a secret, no console, nothing that watches',
    (stack) => ({
      janus: {
        urls: Secret.fromSecretCompleteArn(stack, 'Urls', arn('secretsmanager', 'secret:urls-AbCdEf')),
      },
      freeswitch: 'none',
      domain: {
        name: 'calls.example.com',
        certificate: Certificate.fromCertificateArn(stack, 'Cert', arn('acm', 'certificate/c')),
      },
      jwt: {
        issuer: 'me',
        audience: 'calls',
        secret: Secret.fromSecretCompleteArn(stack, 'Jwt', arn('secretsmanager', 'secret:jwt-AbCdEf')),
      },
      apiGatewayLogRole: 'existing',
      console: false,
      keepData: false,
      watch: false,
      containerInsights: false,
    }),
  ],
])('cdk-nag has nothing to say with %s', (_, choose, env) => {
  const app = new App();
  const stack = new Stack(app, 'Mine', env && { env });
  new Patchbay(stack, 'Calls', choose(stack));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { directory } = app.synth();
  const { pluginReports } = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  expect(pluginReports).toMatchObject([{ pluginName: 'AwsSolutions', conclusion: 'success', violations: [] }]);
});

test("what is made in the app's own stack and given to patchbay does not wait for it", () => {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  const stack = new Stack(app, 'Mine');
  const encryptionKey = new Key(stack, 'Key');
  const secret = (id: string) => new Secret(stack, id, { encryptionKey });
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2 });
  new Patchbay(stack, 'Calls', {
    vpc,
    functionSubnets: vpc.privateSubnets,
    encryptionKey,
    janus: { urls: secret('Janus') },
    freeswitch: { urls: secret('FreeSwitch') },
    jwt: { issuer: 'me', audience: 'calls', secret: secret('Jwt') },
    eventBus: new EventBus(stack, 'Bus'),
    alarmTopic: new Topic(stack, 'Alarms'),
  });
  expect(() => app.synth()).not.toThrow();
});
