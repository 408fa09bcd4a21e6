import { type Environment, read, variables } from '../env.ts';

const timeouts = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };

/**
 * The environment, with the secret that tokens are signed with where it names one of Secrets Manager. It is read once for each
 * instance of the function: a new one counts for all within the hours that an instance lives.
 */
export async function withSecret(environment: Environment = process.env): Promise<Environment> {
  const SecretId = read('jwtSecretArn', environment);
  if (SecretId === undefined) return environment;
  // Loaded where it is needed only.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({ maxAttempts: 3, requestHandler: timeouts });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (!SecretString) throw new Error(`${SecretId} holds no text`);
    return { ...environment, [variables.jwtSecret]: SecretString };
  } finally {
    client.destroy();
  }
}
