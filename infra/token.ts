import { parseArgs } from 'node:util';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SignJWT } from 'jose';

/**
 * Prints a token for a stage whose secret patchbay made itself: for the first calls, and for the smoke test. With the AWS
 * credentials of the shell. Whoever has an issuer of their own has no use for it.
 */

const usage = `npm run --silent token -- --secret ARN --stage STAGE [--user smoke] [--tenant default] [--scope "media:session …"] [--minutes 60]

  --secret   JwtSecretArn, an output of the stack
  --stage    the stage's name`;

const { values } = parseArgs({
  options: {
    secret: { type: 'string' },
    stage: { type: 'string' },
    user: { type: 'string', default: 'smoke' },
    tenant: { type: 'string', default: 'default' },
    scope: { type: 'string', default: 'media:session media:room' },
    minutes: { type: 'string', default: '60' },
    help: { type: 'boolean', default: false },
  },
});
const { secret, stage, user, tenant, scope, minutes } = values;
if (values.help || secret === undefined || stage === undefined) {
  console.error(usage);
  process.exit(values.help ? 0 : 64);
}

// arn:aws:secretsmanager:REGION:…
const region = secret.split(':')[3];
const client = new SecretsManagerClient({ ...(region && { region }) });
const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
console.log(
  await new SignJWT({ scope, tenant })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer('patchbay')
    .setAudience(`patchbay-${stage}`)
    .setExpirationTime(`${minutes} minutes`)
    .sign(new TextEncoder().encode(SecretString)),
);
