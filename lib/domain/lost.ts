import { goneAfterMs, type Node } from './placement.ts';

/** A node that has been silent for so long is noted as suspect. */
const suspectAfterMs = 60_000;
/** And is lost only if it stays silent for so long after that was noted: two heartbeats. */
const silentSinceMs = 20_000;

/**
 * Whether a silent node is lost. It takes two looks, because after a while without the table every heartbeat is old, and
 * nobody but the table was away: a node that is alive takes the suspicion back before the second look.
 */
export function judge(node: Node, nowMs: number): 'alive' | 'suspect' | 'lost' {
  if (node.state === 'lost') return 'lost';
  const silentMs = nowMs - node.heartbeatAtMs;
  if (silentMs < suspectAfterMs) return 'alive';
  const { suspectedAtMs } = node;
  const stayedSilent = suspectedAtMs !== undefined && nowMs - suspectedAtMs >= silentSinceMs;
  return stayedSilent && silentMs >= goneAfterMs ? 'lost' : 'suspect';
}
