import { randomUUID } from 'node:crypto';
import { command, type Run } from '../../lib/command/command.ts';
import { NodeUnreachable } from '../../lib/command/node-client.ts';
import { runOn } from '../../lib/command/on-node.ts';
import { fittingBackends } from '../../lib/domain/capabilities.ts';
import { place } from '../../lib/domain/placement.ts';
import { makeId } from '../../lib/protocol/ids.ts';

/**
 * Chooses a node that can take the session and starts it there. A node that cannot be reached is passed over.
 * A second run of the same request finds the session that the first one made: the node keeps results by request id.
 */
export const run: Run<'session/create'> = async (call) => {
  const { data, directory, clock, random } = call;
  const backends = fittingBackends({
    type: data.type,
    role: data.offer ? 'offeree' : 'offerer',
    sdpType: data.offer?.sdp_type ?? data.sdp_type ?? 'webrtc',
    backend: data.backend,
  });
  const suspects = new Set<string>();
  for (let attempt = 1; ; attempt += 1) {
    const { node, backend } = place(await directory.list(), backends, suspects, clock.nowMs(), random);
    const session_id = data.session_id ?? makeId(randomUUID(), node.nodeId);
    try {
      return await runOn(call, node, { placed: { session_id, attempt, backend } });
    } catch (error) {
      if (!(error instanceof NodeUnreachable)) throw error;
      suspects.add(error.nodeId);
    }
  }
};

export const handler = command('session/create', run);
