import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { billOf } from '../../bench/cost/bill.ts';
import type { Counted, CountedCalls } from '../../bench/cost/counted.ts';
import { filled, prose } from '../../bench/cost/document.ts';
import { controlItems, operationsOf, times, total } from '../../bench/cost/formula.ts';
import { shownPrices } from '../../bench/cost/given.ts';
import { insightsMetrics } from '../../bench/cost/insights.ts';
import { accessLogBytes, lambdaLogBytes } from '../../bench/cost/log-lines.ts';
import { assumptions, prices } from '../../bench/cost/prices.ts';
import { sources } from '../../bench/cost/sources.ts';
import { type Stage, stageOf } from '../../bench/cost/stage.ts';
import { idleHours, nodeHour, stageItems } from '../../bench/cost/stage-items.ts';
import { exactly, usd } from '../../bench/cost/written.ts';
import { CloudWatchMetrics } from '../../lib/controller/cloudwatch-metrics.ts';
import { Metrics } from '../../lib/controller/metrics.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import { nodeMetrics } from '../../lib/domain/metric-names.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

const call: Counted = {
  connections: 2,
  sessions: 2,
  commands: 8,
  replies: 8,
  callbacks: 10,
  functionMs: 860,
  writeUnits: 18,
  readUnits: 2,
  busEvents: 8,
  functionLogBytes: 1500,
  nodeLogBytes: 500,
};
const one = { ...prices, ...Object.fromEntries(Object.keys(prices).map((name) => [name, 1])) };
const counted = { heartbeatWriteUnits: 1, nodeListReadUnits: 0.5, reaperReadUnits: 1.5 } as CountedCalls;
const around = { nodeListReadUnits: 0.5, accessLogBytes: 100 };

const stage: Stage = {
  minNodes: 1,
  alarmMetrics: 10,
  scalingAlarms: 2,
  dashboards: 1,
  secrets: 1,
  keys: 0,
  natGateways: 0,
  loadBalancers: 0,
  interfaceEndpoints: 0,
  logMetrics: 3,
  nodeMetrics: 5,
  insightsMetrics: 40,
  scheduledRunsPerHour: 60,
  scheduledMemoryMb: 512,
  images: 3,
  node: { vCpu: 2, memoryGb: 4, diskGb: 30, publicAddresses: 1, containers: 3 },
  accessLogFormat: '{"at":"$context.requestTime"}',
  flowLogs: 1,
};

describe('what is taken for granted', () => {
  test('is what the client library and the node do', async () => {
    expect(await read('lib/client/connection.ts')).toContain(`pingIntervalMs = ${assumptions.pingMinutes} * 60_000`);
    const [, heartbeatMs] = /heartbeatMs = ([\d_]+)/.exec(await read('lib/controller/registration.ts')) ?? [];
    expect(3_600_000 / Number(heartbeatMs?.replace('_', ''))).toBe(assumptions.heartbeatsPerHour);
  });

  test('has the length of what a node tells CloudWatch', async () => {
    const none = () => 0;
    const { registry } = new Metrics({
      engines: () => [],
      sessions: none,
      rooms: none,
      subscribers: none,
      pendingEvents: none,
      pendingUploads: none,
      pendingBusEvents: none,
      droppedBusEvents: none,
    });
    const line = await new Promise<string>((write) => {
      const table = 'patchbay-prod-CallsStack53D84FAD-1ABCDEFGHIJKL-RecordsTable6A2B3C4D-1ABCDEFGHIJKL';
      const told = new CloudWatchMetrics({
        registry,
        capacity: 200,
        table,
        clock: systemClock,
        isServing: () => true,
        isProtected: () => true,
        write: (text) => {
          told.stop();
          write(text);
        },
      });
      told.start();
    });
    expect(Buffer.byteLength(line)).toBe(assumptions.metricsLineBytes);
  });

  test("has lines of AWS's own as long as they are documented", () => {
    expect(accessLogBytes('{"route":"$context.routeKey","error":"$context.authorizer.error"}')).toBe(
      '{"route":"session/create","error":"-"}'.length,
    );
    expect(lambdaLogBytes).toBeGreaterThan(300);
    expect(lambdaLogBytes).toBeLessThan(500);
  });
});

test('each price stands in the table, with where it was seen', () => {
  expect([...shownPrices].sort()).toEqual(Object.keys(prices).sort());
  for (const [name, { page, seen }] of Object.entries(sources)) {
    expect(page, name).toMatch(/pricing/);
    if (seen) expect(seen.url, name).toMatch(/^https:/);
  }
});

test('a place without a table, and a table without a place, are faults', () => {
  const page = 'a\n<!-- begin x -->\nold\n<!-- end -->\nb';
  expect(filled(page, { x: 'new' })).toBe('a\n<!-- begin x -->\nnew\n<!-- end -->\nb');
  expect(() => filled(page, {})).toThrow('there is no table x');
  expect(() => filled(page, { x: '', y: '' })).toThrow('there is no place for y');
  expect(prose(page)).toBe('a\n\nb');
});

describe('a call', () => {
  test('of four minutes has no ping: what was counted, and its connections’ minutes', () => {
    expect(operationsOf(call, 4, around)).toEqual({
      messages: 26,
      connectionMinutes: 8,
      invocations: 14,
      gbSeconds: 0.5,
      writeUnits: 18,
      readUnits: 6,
      busEvents: 8,
      // Of functions, of the node, of Lambda, and 12 lines of API Gateway's.
      logGb: (2000 + 14 * lambdaLogBytes + 12 * 100) / 1e9,
    });
  });

  test('of an hour has twelve pings of each connection, each of two messages and a run', () => {
    expect(operationsOf(call, 60, around)).toMatchObject({
      messages: 26 + 48,
      invocations: 14 + 24,
      connectionMinutes: 120,
    });
  });

  test('costs what its operations cost, each once', () => {
    const items = controlItems(operationsOf(call, 4, around), one);
    expect(Object.fromEntries(items.map(({ name, dollars }) => [name, dollars]))).toMatchObject({
      'API Gateway': 34,
      Lambda: 14.5,
      DynamoDB: 24,
      EventBridge: 8,
    });
    expect(total(items)).toBeCloseTo(80.5, 4);
  });

  test('with twice the parties costs twice as much', () => {
    const sum = (what: Counted) => total(controlItems(operationsOf(what, 30, around), prices));
    expect(sum(times(call, 2))).toBeCloseTo(2 * sum(call), 12);
  });
});

describe('a month', () => {
  const use = { calls: 1000, minutes: 6, call, parties: 2, streamsOut: 2, kbps: 100, activeHours: 100, peak: 2 };

  test('has the nodes of its busiest moment, for the hours with calls', () => {
    // 12,000 session minutes in 6,000: 2 at once, 4 at the busiest.
    const nodes = (sessionsPerNode: number) => billOf({ ...use, sessionsPerNode }, stage, counted, prices).nodes;
    expect([nodes(100), nodes(4), nodes(3), nodes(1)]).toEqual([1, 1, 2, 4]);
  });

  test('pays for the bytes that leave the node, and Chime for each attendee’s minutes', () => {
    const { items, chime } = billOf({ ...use, sessionsPerNode: 100 }, stage, counted, one);
    const named = Object.fromEntries(items.map(({ name, dollars }) => [name, dollars]));
    // 1000 × 360 s × 2 × 100 kbit/s
    expect(named['media to the internet']).toBeCloseTo(9, 9);
    expect(chime).toBe(12_000);
  });

  test('pays for what watches in the hours with nodes, and for the rest of the stage always', () => {
    const { items } = billOf({ ...use, sessionsPerNode: 100 }, stage, counted, prices);
    const named = Object.fromEntries(items.map(({ name, dollars }) => [name, dollars]));
    const metrics =
      (stage.nodeMetrics + stage.insightsMetrics) * prices.metricMonth * (100 / assumptions.hoursPerMonth);
    const always = 12 * prices.alarmMonth + prices.dashboardMonth;
    expect(named['alarms, dashboard, metrics']).toBeCloseTo(always + metrics, 1);
    expect(named['media nodes']).toBeCloseTo(100 * nodeHour(stage, prices), 1);
  });
});

describe('a stage in which nobody calls', () => {
  const items = (what: Stage, list = prices) =>
    Object.fromEntries(stageItems(what, idleHours(what), counted, list).map((item) => [item.name, item]));
  const sum = (what: Stage) => total(stageItems(what, idleHours(what), counted, prices));

  test('costs nodes, and what looks at them, only where some are kept', () => {
    const [none, two] = [items({ ...stage, minNodes: 0 }), items({ ...stage, minNodes: 2 })];
    const ofNodes = [/vCPU/, /memory/, /disk/, /address/, /heartbeats/, /logs? of/, /metrics of/];
    for (const [name, { dollars }] of Object.entries(none)) {
      expect(dollars === 0, name).toBe(ofNodes.some((pattern) => pattern.test(name)));
    }
    const [nodes] = [
      ['vCPU, by hour', 'memory, by GB and hour', 'disk beyond 20 GB, by GB and hour', 'public addresses, by hour'],
    ];
    const paid = nodes.reduce((all, name) => all + (two[name]?.dollars ?? 0), 0);
    expect(paid).toBeCloseTo(2 * 730 * nodeHour(stage, prices), 9);
    // One metric for all nodes of a stage.
    expect(two['metrics of the nodes']?.amount).toBe(5);
  });

  test('pays for each metric that an alarm looks at, and for each dashboard, secret and image', () => {
    const amounts = Object.entries(items(stage)).map(([name, { amount }]) => [name, amount]);
    expect(Object.fromEntries(amounts)).toMatchObject({
      'reaper, by run': 43_800,
      'alarms, by metric': 10,
      'alarms of the scaling': 2,
      dashboards: 1,
      secrets: 1,
      'metrics of Container Insights': 40,
    });
  });

  test('pays nothing for Container Insights where there are none', () => {
    const without = { ...stage, insightsMetrics: 0 };
    const logGb = (60 * 730 * 6 * assumptions.insightsEventBytes) / 1e9;
    expect(sum(stage) - sum(without)).toBeCloseTo(40 * prices.metricMonth + logGb * prices.logGb, 9);
  });

  test('pays for disk only beyond what each task has', () => {
    const small = { ...stage, node: { ...stage.node, diskGb: 20 } };
    expect(nodeHour(stage, prices) - nodeHour(small, prices)).toBeCloseTo(10 * prices.diskGbHour, 12);
  });
});

describe('a template', () => {
  const resource = (Type: string, Properties: Record<string, unknown> = {}) => ({ Type: `AWS::${Type}`, Properties });
  const template = (more: Record<string, ReturnType<typeof resource>> = {}) => ({
    Resources: {
      Cluster: resource('ECS::Cluster'),
      Task: resource('ECS::TaskDefinition', {
        Cpu: '1024',
        Memory: '2048',
        EphemeralStorage: { SizeInGiB: 21 },
        ContainerDefinitions: [{ Image: 'a', Command: ['configure'] }, { Image: 'a' }, { Image: 'b' }],
      }),
      Service: resource('ECS::Service', {
        NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED' } },
      }),
      Target: resource('ApplicationAutoScaling::ScalableTarget', { MinCapacity: 3 }),
      Stage: resource('ApiGatewayV2::Stage', { AccessLogSettings: { Format: 'x' } }),
      ...more,
    },
  });

  test('is counted: nodes and what they are made of', () => {
    expect(stageOf(template())).toMatchObject({
      minNodes: 3,
      images: 2,
      insightsMetrics: 0,
      nodeMetrics: Object.keys(nodeMetrics).length,
      scheduledRunsPerHour: 0,
      node: { vCpu: 1, memoryGb: 2, diskGb: 21, publicAddresses: 1, containers: 2 },
    });
  });

  test('is counted: alarms by their metrics, endpoints that cost something, runs of a schedule', () => {
    const stat = { MetricStat: {} };
    const counts = stageOf(
      template({
        One: resource('CloudWatch::Alarm', { MetricName: 'Errors' }),
        Three: resource('CloudWatch::Alarm', { Metrics: [{ Expression: 'a + b + c' }, stat, stat, stat] }),
        Out: resource('ApplicationAutoScaling::ScalingPolicy', {
          TargetTrackingScalingPolicyConfiguration: { DisableScaleIn: true },
        }),
        Both: resource('ApplicationAutoScaling::ScalingPolicy', { TargetTrackingScalingPolicyConfiguration: {} }),
        Gateway: resource('EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' }),
        Interface: resource('EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }),
        Run: resource('Lambda::Function', { MemorySize: 256 }),
        Schedule: resource('Events::Rule', {
          ScheduleExpression: 'rate(2 minutes)',
          Targets: [{ Arn: { 'Fn::GetAtt': ['Run', 'Arn'] } }],
        }),
        Pattern: resource('Events::Rule', { EventPattern: {} }),
      }),
    );
    expect(counts).toMatchObject({
      alarmMetrics: 4,
      scalingAlarms: 3,
      interfaceEndpoints: 1,
      scheduledRunsPerHour: 30,
      scheduledMemoryMb: 256,
    });
  });

  test('that cannot be counted is a fault', () => {
    expect(() => stageOf({ Resources: {} })).toThrow('not one ECS::TaskDefinition');
    const rule = resource('Events::Rule', { ScheduleExpression: 'cron(0 0 * * ? *)' });
    expect(() => stageOf(template({ Rule: rule }))).toThrow('a schedule of cron');
    expect(() => insightsMetrics('enhanced')).toThrow('enhanced');
  });
});

test.each([
  [0, '$0'],
  [0.000_071_6, '$0.000072'],
  [0.0099, '$0.0099'],
  [0.25, '$0.25'],
  [1, '$1.00'],
  [1234.567, '$1,234.57'],
])('a sum of %d is written %s', (dollars, text) => {
  expect(usd(dollars)).toBe(text);
});

test.each([
  [1, '$1.00'],
  [0.2, '$0.20'],
  [0.625, '$0.625'],
  [0.0000133334, '$0.0000133334'],
])('a price of %d is written %s', (dollars, text) => {
  expect(exactly(dollars)).toBe(text);
});
