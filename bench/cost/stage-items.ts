import type { CountedCalls } from './counted.ts';
import type { Item } from './formula.ts';
import { flowLogBytes, lambdaLogBytes } from './log-lines.ts';
import { assumptions, type Prices } from './prices.ts';
import type { Stage } from './stage.ts';

/** Hours of a month in which there is a node, and of all nodes together. */
export interface NodeHours {
  readonly active: number;
  readonly node: number;
}

/** Those of a month in which nobody calls. */
export const idleHours = ({ minNodes }: Stage): NodeHours => ({
  active: minNodes > 0 ? assumptions.hoursPerMonth : 0,
  node: minNodes * assumptions.hoursPerMonth,
});

export type Part = 'standing' | 'watching' | 'nodes';

/** What a stage costs in a month because it is there, and because nodes run in it, whatever calls do. */
export function stageItems(
  stage: Stage,
  hours: NodeHours,
  counted: Pick<CountedCalls, 'heartbeatWriteUnits' | 'reaperReadUnits'>,
  prices: Prices,
): StageItem[] {
  const { hoursPerMonth, reaperMs, metricsLineBytes, insightsEventBytes, refusedPerMinute, imageGb } = assumptions;
  const { node } = stage;
  const runs = stage.scheduledRunsPerHour * hoursPerMonth;
  const run =
    prices.invocation +
    (reaperMs / 1000) * (stage.scheduledMemoryMb / 1024) * prices.lambdaGbSecond +
    counted.reaperReadUnits * prices.readUnit +
    (lambdaLogBytes / 1e9) * prices.logGb;
  const heartbeats = hours.node * assumptions.heartbeatsPerHour * counted.heartbeatWriteUnits;
  const insights = stage.insightsMetrics > 0 ? 1 : 0;
  const insightsEvents = insights * 60 * (2 * hours.active + (1 + node.containers) * hours.node);
  const refused = stage.flowLogs * node.publicAddresses * refusedPerMinute * flowLogBytes;
  const nodeLogGb = (hours.node * 60 * (metricsLineBytes + refused)) / 1e9;
  const metric = prices.metricMonth * (hours.active / hoursPerMonth);
  const item = (part: Part, name: string, amount: number, price: number): StageItem => ({
    part,
    name,
    amount,
    dollars: amount * price,
  });
  return [
    item('standing', 'reaper, by run', runs, run),
    item('standing', 'secrets', stage.secrets, prices.secretMonth),
    item('standing', 'images, by GB', stage.images * imageGb, prices.registryGbMonth),
    item('watching', 'alarms, by metric', stage.alarmMetrics, prices.alarmMonth),
    item('watching', 'alarms of the scaling', stage.scalingAlarms, prices.alarmMonth),
    item('watching', 'dashboards', stage.dashboards, prices.dashboardMonth),
    item('watching', 'metrics of the nodes', hours.active > 0 ? stage.nodeMetrics : 0, metric),
    item('watching', 'metrics of Container Insights', hours.active > 0 ? stage.insightsMetrics : 0, metric),
    item('watching', 'log of Container Insights, by GB', (insightsEvents * insightsEventBytes) / 1e9, prices.logGb),
    item('nodes', 'vCPU, by hour', hours.node * node.vCpu, prices.vCpuHour),
    item('nodes', 'memory, by GB and hour', hours.node * node.memoryGb, prices.memoryGbHour),
    item('nodes', 'disk beyond 20 GB, by GB and hour', hours.node * paidDiskGb(node), prices.diskGbHour),
    item('nodes', 'public addresses, by hour', hours.node * node.publicAddresses, prices.publicIpHour),
    item('nodes', 'heartbeats, by write unit', heartbeats, prices.writeUnit),
    item('nodes', 'logs of nodes and of what was refused, by GB', nodeLogGb, prices.logGb),
  ];
}

/** A line of what a stage costs, and of how much it is the price. */
export interface StageItem extends Item {
  readonly part: Part;
  readonly amount: number;
}

/** Of one node: what Fargate and its address cost. */
export function nodeHour({ node }: Stage, prices: Prices): number {
  const { vCpu, memoryGb, publicAddresses } = node;
  return (
    vCpu * prices.vCpuHour +
    memoryGb * prices.memoryGbHour +
    paidDiskGb(node) * prices.diskGbHour +
    publicAddresses * prices.publicIpHour
  );
}

const paidDiskGb = ({ diskGb }: Stage['node']): number => Math.max(0, diskGb - assumptions.freeDiskGb);
