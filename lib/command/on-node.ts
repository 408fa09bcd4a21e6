import { sessionNotFound } from '../domain/access.ts';
import type { Node } from '../domain/placement.ts';
import { type Command, type CommandReply, commandRow } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { nodeOfId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { CommandCall } from './command.ts';

/** How long a node may take: what waits, waits `waitSeconds` there; both end before the integration's 29 s. */
const answerTimeoutMs = 10_000;
const waitTimeoutMs = limits.waitSeconds * 1000 + 2000;

/** What the function adds to a command on its way. */
export interface Extra {
  readonly data?: unknown;
  readonly after?: string;
  readonly placed?: { readonly session_id: string; readonly attempt: number; readonly backend: string };
}

/** Hands a command on to the node, with the caller's identity. */
export async function runOn<C extends Command>(
  call: CommandCall<C>,
  node: Node,
  extra: Extra = {},
): Promise<CommandReply<C>> {
  const body = { request_id: call.requestId, caller: call.caller, data: call.data, ...extra };
  const timeoutMs = commandRow(call.command).waits ? waitTimeoutMs : answerTimeoutMs;
  // The node answers with the reply of this very command.
  return (await call.nodes.post(node, `/v1/${call.command}`, body, timeoutMs)) as CommandReply<C>;
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
  const nodeId = sessionId === undefined ? await onlyNode(call) : await nodeOf(call, sessionId);
  const node = nodeId === undefined ? undefined : await call.directory.find(nodeId);
  if (node) return runOn(call, node);
  throw sessionId === undefined
    ? new PatchbayError('missing_field', 'data.session_id is missing')
    : sessionNotFound(sessionId);
}

async function nodeOf<C extends Command>(call: CommandCall<C>, sessionId: string): Promise<string | undefined> {
  const named = nodeOfId(sessionId);
  if (named !== undefined) return named;
  const record = await call.sessions.get({ tenant: call.caller.tenant, sessionId });
  return record?.nodeId;
}

/** The node that knows which session is the connection's only one. */
async function onlyNode<C extends Command>(call: CommandCall<C>): Promise<string | undefined> {
  const connection = await call.connections.get(call.caller.connectionId);
  const [node, other] = connection?.nodes ?? [];
  if (other !== undefined) {
    throw new PatchbayError(
      'missing_field',
      'data.session_id is missing: this connection has sessions on several nodes',
    );
  }
  return node;
}
