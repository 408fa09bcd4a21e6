import type { Counted, CountedCalls } from './counted.ts';
import { type Around, controlItems, type Item, operationsOf, total } from './formula.ts';
import { accessLogBytes } from './log-lines.ts';
import type { Prices } from './prices.ts';
import type { Stage } from './stage.ts';
import { type Part, stageItems } from './stage-items.ts';

/** A month of a use: calls of one kind. */
export interface Use {
  readonly calls: number;
  readonly minutes: number;
  readonly call: Counted;
  readonly parties: number;
  /** Streams that leave the node for clients during a call: they are what AWS bills of the media's bytes. */
  readonly streamsOut: number;
  readonly kbps: number;
  /** Of a month, in which there are calls: with `minNodes: 0` there is no node in the others. */
  readonly activeHours: number;
  /** The busiest moment against the mean of those hours. */
  readonly peak: number;
  readonly sessionsPerNode: number;
}

export interface Bill {
  readonly items: readonly Item[];
  readonly nodes: number;
  readonly chime: number;
}

/** A month's bill, and the same minutes at Amazon Chime SDK's list price. */
export function billOf(use: Use, stage: Stage, counted: CountedCalls, prices: Prices): Bill {
  const { calls, minutes, call, parties, streamsOut, kbps, activeHours, peak, sessionsPerNode } = use;
  const control = total(controlItems(operationsOf(call, minutes, aroundOf(stage, counted)), prices));
  const meanSessions = (calls * minutes * call.sessions) / (activeHours * 60);
  const nodes = Math.max(1, Math.ceil((meanSessions * peak) / sessionsPerNode));
  const egressGb = (calls * minutes * 60 * streamsOut * kbps * 1000) / 8 / 1e9;
  const items = stageItems(stage, { active: activeHours, node: nodes * activeHours }, counted, prices);
  const part = (name: Part) => total(items.filter((item) => item.part === name));
  return {
    items: [
      { name: 'control plane', dollars: calls * control },
      { name: 'media nodes', dollars: part('nodes') },
      { name: 'media to the internet', dollars: egressGb * prices.egressGb },
      { name: 'alarms, dashboard, metrics', dollars: part('watching') },
      { name: 'reaper, secret, images', dollars: part('standing') },
    ],
    nodes,
    chime: calls * minutes * parties * prices.chimeAttendeeMinute,
  };
}

export const aroundOf = (stage: Stage, { nodeListReadUnits }: Pick<CountedCalls, 'nodeListReadUnits'>): Around => ({
  nodeListReadUnits,
  accessLogBytes: accessLogBytes(stage.accessLogFormat),
});
