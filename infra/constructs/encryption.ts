import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/**
 * A customer's key, used by way of the service whose data it protects and in no other way. CDK's own grant allows
 * `kms:ReEncrypt*` and `kms:GenerateDataKey*`, and on its own, too.
 */
export const keyStatement = (key: IKey, service: 'dynamodb' | 's3' | 'secretsmanager') =>
  new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(key).region}.amazonaws.com` } },
  });

/**
 * To read a secret, by the reader's own policy alone: CDK's own grant names the reader in the policy of the secret's key, too, and where that
 * key is of the app's stack, it and this nested one would wait for each other.
 */
export function secretStatements(secret: ISecret): PolicyStatement[] {
  const { secretArn, secretFullArn = `${secretArn}-??????`, encryptionKey } = secret;
  return [
    new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretFullArn] }),
    ...(encryptionKey ? [keyStatement(encryptionKey, 'secretsmanager')] : []),
  ];
}
