import { randomUUID } from 'node:crypto';
import { type CommandCall, command, type Run } from '../../lib/command/command.ts';
import { NodeUnreachable } from '../../lib/command/node-client.ts';
import { nodeOf, runOn } from '../../lib/command/on-node.ts';
import { fittingBackends } from '../../lib/domain/capabilities.ts';
import { type Node, place } from '../../lib/domain/placement.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import { makeId } from '../../lib/protocol/ids.ts';

/** A node accepts a session in milliseconds. */
const acceptMs = 4000;

/**
 * Chooses a node that can take the session and starts it there: the one that a session it names lives on, else one that
 * is live and not too loaded. A node that does not accept it in time is passed over, but fenced off first, so that it
 * cannot accept it later. A second run of the same request finds the session that the first one made: the node keeps
 * results by request id.
 */
export const run: Run<'session/create'> = async (call) => {
  const { data, directory, clock, random } = call;
  const backends = fittingBackends({
    type: data.type,
    role: data.offer ? 'offeree' : 'offerer',
    sdpType: data.offer?.sdp_type ?? data.sdp_type ?? 'webrtc',
    backend: data.backend,
  });
  const bound = await boundTo(call);
  const suspects = new Set<string>();
  let refusal: PatchbayError | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const nodes = await directory.list();
    const node = bound ?? placeOr(refusal, () => place(nodes, backends, suspects, clock.nowMs(), random).node);
    const session_id = data.session_id ?? makeId(randomUUID(), node.nodeId);
    const order = { placed: { session_id, attempt, backends } };
    try {
      return await runOn(call, node, { ...order, acceptMs });
    } catch (error) {
      if (bound || !(error instanceof NodeUnreachable || isFull(error))) throw error;
      if (error instanceof PatchbayError && error.reason === 'no_mediaserver') refusal = error;
      if (error instanceof NodeUnreachable && !error.unheard && !(await fence(call, session_id, attempt)))
        return runOn(call, node, order);
      suspects.add(node.nodeId);
    }
  }
};

/** Where there is no node left to ask, what the last one said is worth more than that. */
function placeOr(refusal: PatchbayError | undefined, find: () => Node): Node {
  try {
    return find();
  } catch (error) {
    throw refusal ?? error;
  }
}

/** The node has just filled up, lost its engine, or drains: it has not told so yet. */
const isFull = (error: unknown): boolean =>
  error instanceof PatchbayError && (error.reason === 'no_mediaserver' || error.reason === 'node_draining');

/** False when the node has accepted the session after all: then it is asked again what came of it. */
const fence = (call: CommandCall<'session/create'>, sessionId: string, attempt: number): Promise<boolean> =>
  call.sessions.fence({ tenant: call.caller.tenant, sessionId }, attempt + 1, call.requestId, call.clock.nowMs());

/** A session that names another one must be where that one is. */
async function boundTo(call: CommandCall<'session/create'>): Promise<Node | undefined> {
  const { master_id, peer_id } = call.data;
  const other = master_id ?? peer_id;
  if (other === undefined) return undefined;
  const node = await nodeOf(call, other);
  if (node) return node;
  const field = master_id === undefined ? 'peer_id' : 'master_id';
  throw new PatchbayError('unknown_peer', `data.${field}: no session ${other}`);
}

export const handler = command('session/create', run);
