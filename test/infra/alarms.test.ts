import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Metrics } from '../../lib/controller/metrics.ts';
import { nodeMetrics } from '../../lib/domain/metric-names.ts';
import { filterPattern } from './support/filter-pattern.ts';
import { templateOf } from './support/template.ts';

const source = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('what nodes tell CloudWatch of is what they show', () => {
  const { registry } = new Metrics({
    engines: () => [],
    sessions: () => 0,
    rooms: () => 0,
    subscribers: () => 0,
    pendingEvents: () => 0,
    pendingUploads: () => 0,
    pendingBusEvents: () => 0,
    droppedBusEvents: () => 0,
  });
  for (const { of } of Object.values(nodeMetrics)) expect(registry.getSingleMetric(of), of).toBeDefined();
});

test.each([
  ['node lost', 'lib/reaper/reaper.ts'],
  ['recording failed', 'lib/recordings/uploads.ts'],
  ['recording failed', 'lib/controller/session/recordings.ts'],
])('the line of the log that an alarm waits for is written: %s', (words, path) => {
  expect(source(path)).toContain(`'${words}`);
});

test('a stage that is not for good has none, and nothing else that is billed while nobody calls', () => {
  for (const type of ['CloudWatch::Alarm', 'CloudWatch::Dashboard', 'Logs::MetricFilter']) {
    expect(templateOf('staging').ofType(type), type).toEqual([]);
  }
});

describe('prod', () => {
  const template = templateOf('prod');
  const alarms = template.ofType('CloudWatch::Alarm');

  test('has an alarm for each of these', () => {
    const names = alarms.map(({ path }) => path.replace('Watch/', ''));
    expect(names.sort()).toEqual([
      'CallsRefused',
      'EngineDown',
      'Errors',
      'EventsDropped',
      'NoNode',
      'NodeLost',
      'Queue',
      'Reaper',
      'RecordingsFailed',
      'Throttles',
      'Unprotected',
    ]);
  });

  test('docs/operations.md says of each what to do', () => {
    const rows = source('docs/operations.md').matchAll(/^\| `([A-Z][a-z]\w+)` \|/gm);
    const names = alarms.map(({ path }) => path.replace('Watch/', ''));
    expect([...rows].map(([, name]) => name).sort()).toEqual(names.sort());
  });

  test('an alarm is quiet while there is nothing to tell, but for that there is no node', () => {
    for (const { path, Properties } of alarms) {
      expect(Properties.TreatMissingData, path).toBe(path.endsWith('/NoNode') ? 'breaching' : 'notBreaching');
    }
  });

  test('calls that ECS does not protect are told of after a quarter of an hour, not in the moment in which a node starts', () => {
    expect(template.only('CloudWatch::Alarm', 'Watch/Unprotected').Properties).toMatchObject({
      MetricName: 'UnprotectedSessions',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 15,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  test('calls that are refused are told of when it is not just a first node that starts', () => {
    expect(template.only('CloudWatch::Alarm', 'Watch/CallsRefused').Properties).toMatchObject({
      MetricName: 'CallsRefused',
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 3,
      Threshold: 1,
    });
    const { FilterPattern } = template.only('Logs::MetricFilter', 'Watch/CallsRefusedLines').Properties;
    const matches = filterPattern(String(FilterPattern), { missingDiffers: true });
    const lineOf = (result: string) =>
      JSON.stringify({ level: 'INFO', message: 'command', command: 'session/create', result });
    expect(matches(lineOf('no_mediaserver'))).toBe(true);
    expect(matches(lineOf('ok'))).toBe(false);
  });

  test('metrics of the nodes are those of this very table', () => {
    const ofNodes = alarms.filter(({ Properties }) => Properties.Namespace === 'Patchbay');
    expect(ofNodes.length).toBeGreaterThan(2);
    for (const { Properties } of ofNodes) {
      expect(Properties.Dimensions).toEqual([{ Name: 'Table', Value: { Ref: template.only('DynamoDB::Table').id } }]);
      expect(Object.keys(nodeMetrics)).toContain(Properties.MetricName);
    }
  });
});
