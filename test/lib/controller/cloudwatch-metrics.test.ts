import { expect, test } from 'vitest';
import { CloudWatchMetrics } from '../../../lib/controller/cloudwatch-metrics.ts';
import { Metrics } from '../../../lib/controller/metrics.ts';
import { nodeMetrics } from '../../../lib/domain/metric-names.ts';
import { flush, ManualClock } from '../../support/clock.ts';

const engine = { kind: 'janus', name: 'Janus', version: '1.1.2', sessions: 0 } as const;

interface Look {
  sessions: number;
  up: boolean;
  pending: number;
  dropped: number;
  isServing?: boolean;
  isProtected?: boolean;
}

function started(look: Look) {
  const clock = new ManualClock();
  const { registry } = new Metrics({
    engines: () => [
      { ...engine, up: look.up },
      { ...engine, kind: 'p2p', name: 'p2p', up: true },
    ],
    sessions: () => look.sessions,
    rooms: () => 0,
    subscribers: () => 0,
    pendingEvents: () => look.pending,
    pendingUploads: () => 0,
    pendingBusEvents: () => 0,
    droppedBusEvents: () => look.dropped,
  });
  const lines: Record<string, unknown>[] = [];
  const metrics = new CloudWatchMetrics({
    registry,
    capacity: 200,
    table: 'calls',
    clock,
    isServing: () => look.isServing ?? true,
    isProtected: () => look.isProtected ?? true,
    write: (line) => lines.push(JSON.parse(line)),
  });
  metrics.start();
  return { clock, lines, metrics };
}

test('a line says how the node is, at once and each minute, in the form that CloudWatch makes metrics of', async () => {
  const look = { sessions: 50, up: true, pending: 0, dropped: 2 };
  const { clock, lines, metrics } = started(look);
  await flush();
  expect(lines).toEqual([
    {
      _aws: {
        Timestamp: clock.nowMs(),
        CloudWatchMetrics: [
          {
            Namespace: 'Patchbay',
            Dimensions: [['Table']],
            Metrics: Object.entries(nodeMetrics).map(([Name, { unit }]) => ({ Name, Unit: unit })),
          },
        ],
      },
      Table: 'calls',
      Sessions: 50,
      LoadPercent: 25,
      UnprotectedSessions: 0,
      EnginesDown: 0,
      EventsPending: 0,
      EventsDropped: 2,
    },
  ]);
  Object.assign(look, { sessions: 220, up: false, pending: 7, dropped: 5 });
  await clock.advance(60_000);
  expect(lines[1]).toMatchObject({
    Sessions: 220,
    LoadPercent: 110,
    EnginesDown: 1,
    EventsPending: 7,
    EventsDropped: 3,
  });
  metrics.stop();
  await clock.advance(600_000);
  expect(lines).toHaveLength(2);
  expect(clock.pending).toBe(0);
});

test('one that drains does not tell of its load, which would look like room for calls', async () => {
  const { clock, lines, metrics } = started({ sessions: 1, up: true, pending: 0, dropped: 0, isServing: false });
  await flush();
  expect(lines[0]).toMatchObject({ Sessions: 1 });
  expect(JSON.stringify(lines[0])).not.toContain('LoadPercent');
  metrics.stop();
  expect(clock.pending).toBe(0);
});

test('the sessions of one that ECS does not protect are told of as such, also while it drains', async () => {
  const look: Look = { sessions: 3, up: true, pending: 0, dropped: 0, isServing: false, isProtected: false };
  const { clock, lines, metrics } = started(look);
  await flush();
  look.isProtected = true;
  await clock.advance(60_000);
  Object.assign(look, { isProtected: false, sessions: 0 });
  await clock.advance(60_000);
  expect(lines.map((line) => line.UnprotectedSessions)).toEqual([3, 0, 0]);
  metrics.stop();
});
