import { type CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Logs } from './logs.ts';

export interface ClosedBucketProps extends BucketProps {
  readonly logs: Logs;
  /** False: it goes with the stack, and with it what is in it. Kept or not, one whose stack never came up goes while it is empty. */
  readonly keep: boolean;
}

/** A bucket that nobody reaches without TLS, or from outside of the account, or by an ACL. */
export class ClosedBucket extends Bucket {
  constructor(scope: Construct, id: string, { logs, keep, ...props }: ClosedBucketProps) {
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: keep ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      autoDeleteObjects: !keep,
      ...props,
    });
    if (!keep) logOfEmptying(this, logs);
  }
}

/** CDK's own function that empties buckets would log into a group that is kept for ever. */
function logOfEmptying(bucket: Bucket, logs: Logs): void {
  const provider = Stack.of(bucket).node.findChild('Custom::S3AutoDeleteObjectsCustomResourceProvider');
  const handler = provider.node.findChild('Handler') as CfnResource;
  handler.addPropertyOverride('LoggingConfig', { LogGroup: logs.functions.logGroupName });
}
