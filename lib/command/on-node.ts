import { requireRoom, roomNotFound, sessionNotFound } from '../domain/access.ts';
import { answerMs, waitAnswerMs } from '../domain/patience.ts';
import type { Node } from '../domain/placement.ts';
import { type Command, type CommandReply, commandRow } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { nodeOfId } from '../protocol/ids.ts';
import type { CommandCall } from './command.ts';
import { NodeUnreachable } from './node-client.ts';

/**
 * How long a command waits for its session to be born, in steps: one that its `create` has not overtaken yet. Only ids
 * that clients choose can be known so early. docs/protocol.md#messages says 2 s for candidates.
 */
const birthStepsMs = [40, 80, 160, 220];
const candidateBirthStepsMs = [...birthStepsMs, 300, 400, 400, 400];

/** What the function adds to a command on its way. */
export interface Extra {
  readonly data?: unknown;
  readonly after?: string;
  readonly placed?: { readonly session_id: string; readonly attempt: number };
  /** How long the node may take to say that it carries the command out. */
  readonly acceptMs?: number;
  /** How long the node may take for the result, instead of what the command usually may. */
  readonly resultMs?: number;
}

/** Hands a command on to the node, with the caller's identity. */
export async function runOn<C extends Command>(
  call: CommandCall<C>,
  node: Node,
  { acceptMs, resultMs = commandRow(call.command).waits ? waitAnswerMs : answerMs, ...extra }: Extra = {},
): Promise<CommandReply<C>> {
  const body = { request_id: call.requestId, caller: call.caller, data: call.data, ...extra };
  // The node answers with the reply of this very command.
  return (await call.nodes.post(node, `/v1/${call.command}`, body, {
    resultMs,
    ...(acceptMs !== undefined && { acceptMs }),
  })) as CommandReply<C>;
}

/** The same for a list, in which a node that is certainly not there has nothing: undefined. */
export async function runOnIfThere<C extends Command>(
  call: CommandCall<C>,
  node: Node,
  extra: Extra,
): Promise<CommandReply<C> | undefined> {
  try {
    return await runOn(call, node, extra);
  } catch (error) {
    if (!(error instanceof NodeUnreachable && error.unheard)) throw error;
    call.log.warn({ err: error, node_id: node.nodeId }, 'node passed over');
    return undefined;
  }
}

/**
 * Hands a command on to the node where its session lives: the id names it, or else the session's record.
 *
 * @throws PatchbayError session_not_found; missing_field when no session is named and the connection has not just one
 */
export async function runOnSession<C extends Command>(
  call: CommandCall<C>,
  sessionId: string | undefined,
): Promise<CommandReply<C>> {
  const node = sessionId === undefined ? await onlyNode(call) : await nodeOf(call, sessionId);
  if (node) return runOn(call, node);
  throw sessionId === undefined
    ? new PatchbayError('missing_field', 'data.session_id is missing')
    : sessionNotFound(sessionId);
}

/** The node where a session lives, or undefined where there is no such session. */
export async function nodeOf<C extends Command>(call: CommandCall<C>, sessionId: string): Promise<Node | undefined> {
  const named = nodeOfId(sessionId);
  if (named !== undefined) return call.directory.find(named);
  const steps = call.command.startsWith('session/set_candidate') ? candidateBirthStepsMs : birthStepsMs;
  for (const stepMs of [0, ...steps]) {
    if (stepMs > 0) await new Promise((resolve) => setTimeout(resolve, stepMs));
    const record = await call.sessions.get({ tenant: call.caller.tenant, sessionId });
    if (record) return call.directory.find(record.nodeId);
  }
  return undefined;
}

/**
 * Hands a command on to the node that its room is on: the id names it, or else the room's record.
 *
 * @throws PatchbayError unauthorized for a room outside of the caller's claim, whether it exists or not; room_not_found
 */
export async function runOnRoom<C extends Command>(call: CommandCall<C>, roomId: string): Promise<CommandReply<C>> {
  requireRoom(call.caller, roomId);
  const node = await nodeOfRoom(call, roomId);
  if (!node) throw roomNotFound(roomId);
  return runOn(call, node);
}

/** The node that a room is on, or undefined where there is no such room. One that is yet to be made is not waited for. */
export async function nodeOfRoom<C extends Command>(call: CommandCall<C>, roomId: string): Promise<Node | undefined> {
  const nodeId = nodeOfId(roomId) ?? (await call.rooms.get({ tenant: call.caller.tenant, roomId }))?.nodeId;
  return nodeId === undefined ? undefined : call.directory.find(nodeId);
}

/** The node that knows which session is the connection's only one. */
async function onlyNode<C extends Command>(call: CommandCall<C>): Promise<Node | undefined> {
  const connection = await call.connections.get(call.caller.connectionId);
  const [node, other] = connection?.nodes ?? [];
  if (other !== undefined) {
    throw new PatchbayError(
      'missing_field',
      'data.session_id is missing: this connection has sessions on several nodes',
    );
  }
  return node === undefined ? undefined : call.directory.find(node);
}
