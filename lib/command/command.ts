import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Caller } from '../domain/access.ts';
import { check } from '../protocol/check.ts';
import { type Command, type CommandData, type CommandReply, commandRow } from '../protocol/commands.ts';
import { errorReply, okReply, parseMessage, type Tid, tidOfText } from '../protocol/envelope.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { tableAway } from '../store/faults.ts';
import { identify } from './identity.ts';
import { NodeUnreachable } from './node-client.ts';
import { type Services, services } from './services.ts';
import type { RouteReply, WebSocketEvent } from './websocket-event.ts';

/** What a handler gets: who, what, and the means. */
export interface CommandCall<C extends Command> extends Services {
  readonly command: C;
  readonly caller: Caller;
  readonly data: CommandData<C>;
  /** The same when Lambda runs a request again. */
  readonly requestId: string;
}

export type Run<C extends Command> = (call: CommandCall<C>) => Promise<CommandReply<C>>;

export type RouteHandler = (event: WebSocketEvent, context: Context) => Promise<RouteReply>;

/**
 * The pipeline that every command runs through: parse → who is it → check → run → reply, an error becoming its reply
 * and every message a line in the log. The line never holds data: no SDP, candidate or token.
 */
export function command<C extends Command>(name: C, run: Run<C>): RouteHandler {
  const handler = async (event: WebSocketEvent, context: Context): Promise<RouteReply> => {
    const message = parseMessage(event.body ?? '');
    if (message.kind !== 'request' || message.command !== name) {
      throw new PatchbayError('unknown_command', `this is not ${name}`);
    }
    const made = services();
    const caller = identify(event, made.clock.nowMs());
    // One row's schema belongs to one command: the table's types say so, the compiler cannot follow by name.
    const data = check(commandRow(name).data, message.data, 'data') as CommandData<C>;
    const reply = await run({ ...made, command: name, caller, data, requestId: context.awsRequestId });
    nowOf.set(event, sessionsIn(name, reply));
    return routeReply(okReply(message.tid, reply));
  };
  return middy(handler).use(logged(name)).use(errorsAnswered());
}

/** The sessions that the message has given to its connection: for the log, which is written when the handler has ended. */
const nowOf = new WeakMap<WebSocketEvent, readonly string[] | undefined>();

function sessionsIn<C extends Command>(name: C, reply: CommandReply<C>): readonly string[] | undefined {
  if (name !== 'session/create' && name !== 'session/attach') return undefined;
  // By the name it is one of these, as a node of another release may have made it: the compiler cannot follow.
  const { session_id, sessions } = reply as Partial<CommandReply<'session/create'> & CommandReply<'session/attach'>>;
  return session_id === undefined ? sessions?.map((one) => one.session_id) : [session_id];
}

/** Turns whatever was thrown into the reply that a client gets for it, on the socket that asked. */
export const errorsAnswered = (): MiddlewareObj<WebSocketEvent, RouteReply> => ({
  name: 'errorsAnswered',
  onError: (request) => {
    const tid: Tid | undefined = tidOfText(request.event.body ?? '');
    const error = clientError(request.error, request.context.awsRequestId);
    const whose = { err: request.error, connection_id: request.event.requestContext.connectionId };
    // The reference in the client's text may be the node's own.
    if (error.reason === 'internal_error')
      services().log.error({ ...whose, answered: error.message }, 'command failed');
    // The client may try again; that it has to is for an operator to know.
    else if (error !== request.error) services().log.error(whose, 'node or table out of reach');
    request.response = routeReply(errorReply(tid, error));
  },
});

/**
 * One line a message: which command, whose, how it ended, how long it took. That of a `create` or `attach` names the sessions, which
 * by their node's log are known by nothing else: so a session leads to its connection, and that to all of its commands.
 */
export const logged = (
  name: string,
): MiddlewareObj<WebSocketEvent, RouteReply, Error, Context, { startedAt?: number }> => {
  const line = (event: WebSocketEvent, startedAt: number | undefined, result: string) => {
    const { connectionId, authorizer } = event.requestContext;
    const ms = Math.round(performance.now() - (startedAt ?? performance.now()));
    const sessions = nowOf.get(event);
    const whose = { connection_id: connectionId, tenant: authorizer?.tenant, ...(sessions && { sessions }) };
    const fields = { command: name, ...whose, result, ms };
    services().log.info(fields, 'command');
  };
  return {
    name: 'logged',
    before: ({ internal }) => {
      internal.startedAt = performance.now();
    },
    after: ({ event, internal }) => line(event, internal.startedAt, 'ok'),
    onError: ({ event, context, internal, error }) =>
      line(event, internal.startedAt, clientError(error, context.awsRequestId).reason),
  };
};

export const routeReply = (body: unknown): RouteReply => ({ statusCode: 200, body: JSON.stringify(body) });

function clientError(error: unknown, reference: string): PatchbayError {
  if (error instanceof PatchbayError) return error;
  if (error instanceof NodeUnreachable) {
    return new PatchbayError('timeout', 'the media node does not answer; what it was asked may still be done', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  return (
    tableAway(error) ??
    new PatchbayError('internal_error', `an unexpected fault, reference ${reference}`, { cause: error })
  );
}
