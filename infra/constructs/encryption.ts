import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

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
