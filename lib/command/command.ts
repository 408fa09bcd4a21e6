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
    return routeReply(okReply(message.tid, reply));
  };
  return middy(handler).use(logged(name)).use(errorsAnswered());
}

/** Turns whatever was thrown into the reply that a client gets for it, on the socket that asked. */
export const errorsAnswered = (): MiddlewareObj<WebSocketEvent, RouteReply> => ({
  name: 'errorsAnswered',
  onError: (request) => {
    const tid: Tid | undefined = tidOfText(request.event.body ?? '');
    const error = clientError(request.error, request.context.awsRequestId);
    if (error.reason === 'internal_error') {
      // The reference in the client's text may be the node's own.
      services().log.error({ err: request.error, answered: error.message }, 'command failed');
    }
    request.response = routeReply(errorReply(tid, error));
  },
});

/** One line a message: which command, whose, how it ended, how long it took. */
export const logged = (
  name: string,
): MiddlewareObj<WebSocketEvent, RouteReply, Error, Context, { startedAt?: number }> => {
  const line = (event: WebSocketEvent, startedAt: number | undefined, result: string) => {
    const { connectionId, authorizer } = event.requestContext;
    const ms = Math.round(performance.now() - (startedAt ?? performance.now()));
    const fields = { command: name, connection_id: connectionId, tenant: authorizer?.tenant, result, ms };
    services().log.info(fields, 'command');
  };
  return {
    name: 'logged',
    before: ({ internal }) => {
      internal.startedAt = performance.now();
    },
    after: ({ event, internal }) => line(event, internal.startedAt, 'ok'),
    onError: ({ event, internal, error }) =>
      line(event, internal.startedAt, error instanceof PatchbayError ? error.reason : 'internal_error'),
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
