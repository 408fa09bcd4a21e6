import { PatchbayError } from '../protocol/errors.ts';
import type { BackendKind } from '../protocol/session.ts';

/** Not heard of for this long, and nothing marked it lost yet: nobody waits for it. */
export const goneAfterMs = 120_000;

/** Whether it makes sense to ask a node at all: whoever asks all nodes passes over the others. */
export const isReachable = (node: Node, nowMs: number): boolean =>
  node.state !== 'lost' && nowMs - node.heartbeatAtMs < goneAfterMs;

/** One engine of a node, as the node's record tells it. */
export interface Engine {
  readonly kind: BackendKind;
  readonly name: string;
  readonly version: string;
  readonly up: boolean;
  readonly sessions: number;
}

/** An engine is up; p2p needs none, and counts only where nothing else was asked for. */
export function canTakeCalls(engines: readonly Engine[]): boolean {
  const real = engines.filter(({ kind }) => kind !== 'p2p');
  return real.length === 0 || real.some(({ up }) => up);
}

/** A media node, as its record tells it. `load` and `capacity` in sessions. */
export interface Node {
  readonly nodeId: string;
  readonly url: string;
  readonly release: string;
  readonly state: 'up' | 'draining' | 'lost';
  readonly engines: readonly Engine[];
  readonly load: number;
  /** Live rooms, those without members too. */
  readonly rooms: number;
  readonly capacity: number;
  readonly heartbeatAtMs: number;
  /** When the node began, whatever processes it has had since. */
  readonly bootedAtMs: number;
  /** Scale-in does not choose its task. False where nothing is scaled. */
  readonly isProtected: boolean;
  /** ECS refused to protect it: as many tasks are protected as there are to be. */
  readonly isBlocked: boolean;
  /** Drained: all that it had is over, and its recordings are in the bucket. */
  readonly isEmpty: boolean;
  /** What the reaper wants of it; it learns that from its own heartbeat. */
  readonly order?: 'drain';
  /** The reaper found it silent; its next heartbeat takes that back. */
  readonly suspectedAtMs?: number;
  /** Since when it counts as lost. */
  readonly lostAtMs?: number;
  /** The service's count was lowered for it. */
  readonly releasedAtMs?: number;
}

/** A node that has not been heard of for this long gets no new sessions. It is not lost yet: that takes 120 s. */
export const staleAfterMs = 30_000;

/** Whether a node takes new sessions, as far as its record tells. */
export const takesCalls = (node: Node, nowMs: number): boolean =>
  node.state === 'up' && nowMs - node.heartbeatAtMs < staleAfterMs;

/** Up to this part of its capacity a node is chosen before others for a better reason than its load. */
export const comfortableLoad = 0.6;

/** Nodes and engines come back, or are started, within seconds. */
const retrySeconds = 5;

export interface Placement {
  readonly node: Node;
  readonly backend: BackendKind;
}

/**
 * Where a new session goes: for the first backend in order that some live node has up, the less loaded of two
 * such nodes drawn at random (two choices spread load nearly as well as knowing all, without a herd). In a deploy it goes to
 * as few new nodes as will do: each that has calls has to be protected, and ECS lets no more be than there are to be.
 *
 * @param suspects nodes that just failed to answer: not asked again for this session
 * @param random 0 ≤ x < 1, one call a draw
 * @throws PatchbayError no_mediaserver, with what would help
 */
export function place(
  nodes: readonly Node[],
  backends: readonly BackendKind[],
  suspects: ReadonlySet<string>,
  nowMs: number,
  random: () => number,
): Placement {
  const live = nodes.filter((node) => takesCalls(node, nowMs) && !suspects.has(node.nodeId));
  for (const backend of backends) {
    const fitting = live.filter((node) => node.engines.some((engine) => engine.kind === backend && engine.up));
    const node = lessLoadedOfTwo(safest(fitting, nodes), random);
    if (node) return { node, backend };
  }
  throw new PatchbayError('no_mediaserver', `no live node has ${backends.join(' or ')} up${howToAdd(backends)}`, {
    retryAfterSeconds: retrySeconds,
  });
}

/** Those that ECS may not stop; or one to begin with, the same for all who choose; or, where it is not ECS' matter, all. */
export function safest(fitting: readonly Node[], nodes: readonly Node[]): readonly Node[] {
  const withRoom = fitting.filter(({ load, capacity }) => load < comfortableLoad * capacity);
  const safe = withRoom.filter(({ isProtected }) => isProtected);
  if (safe.length > 0) return safe;
  if (!nodes.some(({ isProtected, state }) => isProtected && state !== 'lost')) return fitting;
  const [first] = [...withRoom].sort((a, b) => b.load - a.load || (a.nodeId < b.nodeId ? -1 : 1));
  return first ? [first] : fitting;
}

function lessLoadedOfTwo(nodes: readonly Node[], random: () => number): Node | undefined {
  if (nodes.length < 2) return nodes[0];
  const first = Math.floor(random() * nodes.length);
  const second = (first + 1 + Math.floor(random() * (nodes.length - 1))) % nodes.length;
  const [a, b] = [nodes[first], nodes[second]];
  if (!a || !b) return a ?? b;
  return a.load / a.capacity <= b.load / b.capacity ? a : b;
}

const howToAdd = (backends: readonly BackendKind[]) =>
  backends.every((kind) => kind === 'freeswitch')
    ? '; FreeSWITCH joins by PATCHBAY_FREESWITCH_BIN or PATCHBAY_FREESWITCH_URL'
    : '; try again shortly';
