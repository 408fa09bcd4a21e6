import { Duration } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ClosedBucket } from './bucket.ts';
import { keyStatement } from './encryption.ts';
import { explain, explainWildcards } from './findings.ts';
import type { Logs } from './logs.ts';

export interface RecordingsProps {
  readonly logs: Logs;
  readonly encryptionKey?: IKey | undefined;
  readonly keepData: boolean;
  /** Undefined: kept until somebody deletes them. */
  readonly recordingDays?: number | undefined;
  readonly accessLogDays: number;
}

const writeActions = ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'];

/** The bucket that nodes put recordings into, and the one that notes who asked for what. */
export class Recordings extends Construct {
  readonly bucket: ClosedBucket;
  readonly accessLogs: ClosedBucket;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: RecordingsProps) {
    super(scope, id);
    const { logs, encryptionKey, keepData: keep, recordingDays } = props;
    this.#encryptionKey = encryptionKey;
    this.accessLogs = new ClosedBucket(this, 'AccessLogs', {
      logs,
      keep,
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ expiration: Duration.days(props.accessLogDays) }],
    });
    explain(this.accessLogs, { S1: 'The other buckets log to this one; its own log would log itself.' });
    this.bucket = new ClosedBucket(this, 'Bucket', {
      logs,
      keep,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: 'recordings/',
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...(recordingDays === undefined ? [] : [{ expiration: Duration.days(recordingDays) }]),
      ],
    });
  }

  /** To upload, and to check what was uploaded; not to list or delete. */
  grantWrite(role: IRole): void {
    const objects = this.bucket.arnForObjects('*');
    role.addToPrincipalPolicy(new PolicyStatement({ actions: writeActions, resources: [objects] }));
    explainWildcards(role, "The objects of the recordings' bucket, which holds nothing else.", objects);
    if (this.#encryptionKey) role.addToPrincipalPolicy(keyStatement(this.#encryptionKey, 's3'));
  }
}
