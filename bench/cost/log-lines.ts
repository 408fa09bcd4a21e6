/** Lines that AWS writes into a stage's logs and that no local stack has, as AWS documents them: what counts is their length. */

const requestId = '6d67e385-053d-4622-a56f-b25bcef23083';
const time = '2026-03-11T18:53:44.000Z';

/** Of each run of a function. https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html */
const lambdaLines = [
  { time, type: 'platform.start', record: { requestId, version: '$LATEST' } },
  {
    time,
    type: 'platform.report',
    record: {
      requestId,
      metrics: { durationMs: 41.514, billedDurationMs: 42, memorySizeMB: 512, maxMemoryUsedMB: 104 },
      status: 'success',
    },
  },
];
export const lambdaLogBytes = lambdaLines.reduce((sum, line) => sum + bytes(JSON.stringify(line)), 0);

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html */
const context: Readonly<Record<string, string>> = {
  requestTime: '11/Mar/2026:18:53:44 +0000',
  connectionId: 'L0SM9cOFvHcCIhw=',
  routeKey: 'session/create',
  eventType: 'MESSAGE',
  status: '200',
  'identity.sourceIp': '203.0.113.141',
  'authorizer.tenant': 'example',
  requestId: 'JKJaXmPLvHcESHA=',
  integrationLatency: '41',
};

/** A line of API Gateway's access log: what there is nothing for is a dash. */
export const accessLogBytes = (format: string): number =>
  bytes(format.replace(/\$context\.([A-Za-z.]+)/g, (_, name: string) => context[name] ?? '-'));

/** What the VPC refused. https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html */
export const flowLogBytes = bytes(
  '2 123456789010 eni-1235b8ca123456789 203.0.113.12 172.31.16.139 49761 3389 6 1 40 1418530010 1418530070 REJECT OK',
);

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
