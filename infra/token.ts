import { parseArgs } from 'node:util';
import { SignJWT } from 'jose';
import { read, variables } from '../lib/env.ts';

/**
 * Prints a token for a stage whose tokens are signed with a secret: for the first calls, and for the smoke test. With the AWS
 * credentials of the shell, or with the secret itself. Whoever has an issuer of their own has no use for it.
 */

const usage = `npm run --silent token -- --secret ARN --stage STAGE [--user smoke] [--tenant default] [--scope "media:session …"] [--minutes 60]

  --secret    JwtSecretArn, an output of the stack; or the secret itself in the variable ${variables.jwtSecret}
  --stage     the stage's name
  --issuer    where the stage was told one (jwt.issuer)
  --audience  the same`;

const { values } = parseArgs({
  options: {
    secret: { type: 'string' },
    stage: { type: 'string' },
    issuer: { type: 'string', default: 'patchbay' },
    audience: { type: 'string' },
    user: { type: 'string', default: 'smoke' },
    tenant: { type: 'string', default: 'default' },
    scope: { type: 'string', default: 'media:session media:room' },
    minutes: { type: 'string', default: '60' },
    help: { type: 'boolean', default: false },
  },
});
const { secret: arn, stage, issuer, audience = stage && `patchbay-${stage}`, user, tenant, scope, minutes } = values;
const key = arn === undefined ? read('jwtSecret') : await secretOf(arn);
if (values.help || key === undefined || audience === undefined) {
  console.error(usage);
  process.exit(values.help ? 0 : 64);
}
console.log(
  await new SignJWT({ scope, tenant })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(`${minutes} minutes`)
    .sign(new TextEncoder().encode(key)),
);

/** arn:aws:secretsmanager:REGION:… Loaded here only: the published command comes without AWS' SDK. */
async function secretOf(SecretId: string): Promise<string | undefined> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager').catch(() => {
    console.error(`@aws-sdk/client-secrets-manager is not installed: give the secret in ${variables.jwtSecret}`);
    process.exit(64);
  });
  const region = SecretId.split(':')[3];
  const client = new SecretsManagerClient({ ...(region && { region }) });
  return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
}
