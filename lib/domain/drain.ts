import { type Engine, type Node, takesCalls } from './placement.ts';

/**
 * The life of a node.
 *
 * ```
 *        drain: the reaper's order,       empty: last session over,
 *        a newer release is up            deadline
 *   up ─────────────────────────▶ draining ─────────────────▶ empty   (its task is stopped)
 *    │                               │                          │
 *    └───────────────────────────────┴── lost: marked so ───────┴────▶ lost
 * ```
 */
export type NodePhase = 'up' | 'draining' | 'empty' | 'lost';
export type NodeStep = 'drain' | 'empty' | 'lose';

export const nodeTransitions: Readonly<Record<NodePhase, Readonly<Partial<Record<NodeStep, NodePhase>>>>> = {
  up: { drain: 'draining', lose: 'lost' },
  draining: { empty: 'empty', lose: 'lost' },
  empty: { lose: 'lost' },
  lost: {},
};

/** The phase after `step`, or undefined where the table has none: then nothing happens. */
export const nextPhase = (phase: NodePhase, step: NodeStep): NodePhase | undefined => nodeTransitions[phase][step];

/** Why a node has to drain, or undefined: it may go on. */
export function reasonToDrain(own: Node, nodes: readonly Node[], nowMs: number): string | undefined {
  if (own.order === 'drain') return 'the reaper has ordered it';
  const newer = nodes.find((node) => replaces(node, own, nowMs));
  return newer && `release ${newer.release} is up on ${newer.nodeId}`;
}

/**
 * Whether a node of another release has come to take this one's place. What counts is when they began, not how their
 * releases are called: going back to an older release is a deploy too. One whose engines are down replaces nobody.
 */
const replaces = (node: Node, own: Node, nowMs: number): boolean =>
  node.release !== own.release && node.bootedAtMs > own.bootedAtMs && canReplace(node, own, nowMs);

/** Whether new sessions may go to `node` from now on, and none to `own` any more. */
export const canReplace = (node: Node, own: Node, nowMs: number): boolean =>
  node.order === undefined && takesCalls(node, nowMs) && isWhole(node, own);

/** Each kind of engine that it has itself, and that is up on `other`, is up on it: others it is not meant to have any more. */
const isWhole = (node: Node, other: Node): boolean =>
  hasEnginesOf(node, { ...other, engines: other.engines.filter(({ kind }) => has(node, kind)) });

const has = ({ engines }: Node, kind: Engine['kind']) => engines.some((engine) => engine.kind === kind);

/** Every kind of engine that is up on `other` is up on `node` too. */
export const hasEnginesOf = (node: Node, other: Node): boolean =>
  other.engines.every(({ kind, up }) => !up || node.engines.some((engine) => engine.kind === kind && engine.up));
