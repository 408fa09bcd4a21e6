import { randomUUID } from 'node:crypto';
import { boundTo, wonTheRoom } from '../../lib/command/bound-to.ts';
import { type CommandCall, command, type Run } from '../../lib/command/command.ts';
import { FreeNodes, mayHaveHeard } from '../../lib/command/free-nodes.ts';
import { runOn } from '../../lib/command/on-node.ts';
import { fittingBackends, wantedOf } from '../../lib/domain/capabilities.ts';
import type { Node } from '../../lib/domain/placement.ts';
import { makeId } from '../../lib/protocol/ids.ts';

type CreateCall = CommandCall<'session/create'>;

/** A node accepts a session in milliseconds. */
const acceptMs = 4000;

/**
 * Chooses a node that can take the session and starts it there: the one where the session or room that it names is, else
 * one that is live and not too loaded. A node that does not accept it in time is passed over, but fenced off first, so
 * that it cannot accept it later. A second run of the same request finds the session that the first one made: the node
 * keeps results by request id.
 */
export const run: Run<'session/create'> = async (call) => {
  const bound = await boundTo(call);
  if (bound) return runOn(call, bound, { placed: placedOn(call, bound, 1), acceptMs });
  const free = new FreeNodes(call, fittingBackends(wantedOf(call.data)));
  for (let attempt = 1; ; attempt += 1) {
    const node = await free.next();
    const placed = placedOn(call, node, attempt);
    try {
      return await runOn(call, node, { placed, acceptMs });
    } catch (error) {
      const winner = await wonTheRoom(call, error);
      // One that was asked before keeps what it said then.
      if (winner && winner.nodeId !== node.nodeId && !free.hasPassedOver(winner.nodeId)) {
        return runOn(call, winner, { placed: placedOn(call, winner, attempt + 1), acceptMs });
      }
      if (mayHaveHeard(error) && !(await fence(call, placed))) return runOn(call, node, { placed });
      free.passOver(node, error);
    }
  }
};

interface Placed {
  readonly session_id: string;
  readonly attempt: number;
}

const placedOn = ({ data }: CreateCall, { nodeId }: Node, attempt: number): Placed => ({
  session_id: data.session_id ?? makeId(randomUUID(), nodeId),
  attempt,
});

/** False when the node has accepted the session after all: then it is asked again what came of it. */
const fence = ({ caller, sessions, requestId, clock }: CreateCall, { session_id, attempt }: Placed): Promise<boolean> =>
  sessions.fence({ tenant: caller.tenant, sessionId: session_id }, attempt + 1, requestId, clock.nowMs());

export const handler = command('session/create', run);
