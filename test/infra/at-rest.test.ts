import { describe, expect, test } from 'vitest';
import { flat, idsIn, stages, templateOf } from './support/template.ts';

describe.each(stages)('%s', (stage) => {
  const template = templateOf(stage);

  test('all that keeps data is one of these, each of them encrypted', () => {
    const keeping =
      /^AWS::(S3|DynamoDB|Logs::LogGroup|SQS|SNS|Kinesis|EFS|RDS|SecretsManager|Events::(EventBus|Archive)|ElastiCache|ECR|SSM)/;
    const types = new Set(template.resources.map(({ Type }) => Type).filter((type) => keeping.test(type)));
    expect([...types].sort()).toEqual([
      // A table without a key of the customer's is encrypted with DynamoDB's own, always.
      'AWS::DynamoDB::Table',
      // Keeps nothing: it has no archive.
      'AWS::Events::EventBus',
      // CloudWatch encrypts all groups.
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      // Secrets Manager encrypts all secrets.
      'AWS::SecretsManager::Secret',
    ]);
  });

  test.each(template.ofType('S3::Bucket').map((bucket) => [bucket.path, bucket] as const))(
    '%s is encrypted, closed to the public and to plain HTTP, without ACLs',
    (_, bucket) => {
      expect(bucket.Properties).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
      const policy = template
        .ofType('S3::BucketPolicy')
        .find(({ Properties }) => idsIn(Properties.Bucket).includes(bucket.id));
      const statements = Reflect.get(Object(policy?.Properties.PolicyDocument), 'Statement') as object[];
      expect(statements).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
      expect(statements).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
      );
    },
  );

  test('who reads recordings is noted', () => {
    const logs = template.only('S3::Bucket', 'Recordings/AccessLogs');
    expect(template.only('S3::Bucket', 'Recordings/Bucket').Properties.LoggingConfiguration).toEqual({
      DestinationBucketName: { Ref: logs.id },
      LogFilePrefix: 'recordings/',
    });
  });

  test('every log has an end', () => {
    for (const { path, Properties } of template.ofType('Logs::LogGroup')) {
      expect(Properties.RetentionInDays, path).toBe(30);
    }
  });

  test('everything that logs has one of these groups: functions, containers, the API, the VPC', () => {
    const groups = template.ofType('Logs::LogGroup').map(({ id }) => id);
    const ours = (value: unknown, what: string) => expect(groups, what).toContain(idsIn(value)[0]);
    for (const { path, Properties } of template.ofType('Lambda::Function')) {
      ours(Reflect.get(Object(Properties.LoggingConfig), 'LogGroup'), path);
    }
    const containers = template.only('ECS::TaskDefinition').Properties.ContainerDefinitions as {
      readonly Name: string;
      readonly LogConfiguration: { readonly Options: Record<string, unknown> };
    }[];
    for (const { Name, LogConfiguration } of containers) ours(LogConfiguration.Options['awslogs-group'], Name);
    ours(
      Reflect.get(Object(template.only('ApiGatewayV2::Stage').Properties.AccessLogSettings), 'DestinationArn'),
      'API',
    );
    ours(template.only('EC2::FlowLog').Properties.LogGroupName, 'VPC');
  });

  test('the console is read by CloudFront alone, by HTTPS, under a policy that lets it speak to the API only', () => {
    const distribution = JSON.stringify(template.only('CloudFront::Distribution').Properties);
    expect(distribution).toContain('"ViewerProtocolPolicy":"redirect-to-https"');
    expect(template.ofType('CloudFront::OriginAccessControl')).toHaveLength(1);
    const headers = template.only('CloudFront::ResponseHeadersPolicy').Properties;
    expect(flat(find(headers, 'ContentSecurityPolicy'))).toContain("default-src 'self'; connect-src 'self' ");
  });

  test('no secret is in an environment', () => {
    expect(template.text).not.toContain('{{resolve:');
    expect(template.text).not.toContain('PATCHBAY_JWT_SECRET"');
  });
});

function find(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = key === name && !(name in Object(inner)) ? inner : find(inner, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
