import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';

interface Suppressed {
  readonly ruleName: string;
  readonly reason: string;
  readonly acknowledgedId: string;
  readonly acknowledgedAt: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

const report: {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly unknown[];
    readonly suppressedViolations: readonly Suppressed[];
  }[];
} = JSON.parse(readFileSync(join(inject('assembly'), 'validation-report.json'), 'utf8'));
const nag = report.pluginReports.find(({ pluginName }) => pluginName === 'AwsSolutions');
const suppressed = nag?.suppressedViolations ?? [];
const placeOf = (path: string) => path.replace(/^patchbay-\w+\/Calls\/Stack\//, '').replace(/512MiB.*/, '');

test('cdk-nag has nothing to say that is not answered', () => {
  expect(nag?.conclusion).toBe('success');
  expect(nag?.violations).toEqual([]);
});

test("CDK's own check of the templates against CloudFormation's schemas finds nothing", () => {
  // What it finds is a warning, and its report a success all the same.
  expect(report.pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
});

test('what is answered is this, and at the very construct', () => {
  const answered = suppressed.map(({ acknowledgedId, acknowledgedAt }) => {
    const place = placeOf(acknowledgedAt)
      .replace(/^Functions\/\w+Role$/, 'Functions/*Role')
      .replace(/^Api\/(Session|Room|Event|Node|On)\w+/, 'Api/*');
    return `${acknowledgedId.replace(/^AwsSolutions::AwsSolutions-/, '').replaceAll(/<\w+\.Arn>|<(Nodes|Api)\w+>/g, '<…>')} ${place}`;
  });
  expect([...new Set(answered)].sort()).toMatchInlineSnapshot(`
    [
      "APIG4 Api/*",
      "CFR1 Console/Distribution",
      "CFR2 Console/Distribution",
      "CFR3 Console/Distribution",
      "CFR4 Console/Distribution",
      "EC23 Network/Nodes",
      "ECS2 Nodes/Task/Definition",
      "ECS4 Nodes/Cluster",
      "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs] Api/LogRole",
      "IAM5[Action::s3:Abort*] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "IAM5[Action::s3:DeleteObject*] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "IAM5[Action::s3:GetBucket*] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "IAM5[Action::s3:GetObject*] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "IAM5[Action::s3:List*] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "IAM5[Resource::*] Functions/*Role",
      "IAM5[Resource::*] Nodes/Task/Definition",
      "IAM5[Resource::<…>/*] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "IAM5[Resource::<…>/*] Nodes/Task/Role",
      "IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<…>/*] Functions/*Role",
      "IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<…>/*] Nodes/Task/Role",
      "IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<…>/prod/DELETE/@connections/*] Nodes/Task/Role",
      "IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<…>/prod/POST/@connections/*] Functions/*Role",
      "IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<…>/prod/POST/@connections/*] Nodes/Task/Role",
      "IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<…>/staging/DELETE/@connections/*] Nodes/Task/Role",
      "IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<…>/staging/POST/@connections/*] Functions/*Role",
      "IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<…>/staging/POST/@connections/*] Nodes/Task/Role",
      "IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*] Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "L1 Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C",
      "SMG4 Authorizer/Secret",
    ]
  `);
});

test('each answer says why, in words of its own', () => {
  for (const { reason, acknowledgedId, acknowledgedAt } of suppressed) {
    expect(reason.split(' ').length, `${acknowledgedId} at ${acknowledgedAt}`).toBeGreaterThan(6);
  }
});

test('only the wildcard that is meant is answered: no rule of IAM as a whole', () => {
  const wide = suppressed.filter(({ acknowledgedId }) => /IAM[45]$/.test(acknowledgedId));
  expect(wide).toEqual([]);
});
