import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { errorsAnswered, type RouteHandler, routeReply } from '../lib/command/command.ts';
import type { RouteReply, WebSocketEvent } from '../lib/command/websocket-event.ts';
import type { Command } from '../lib/protocol/commands.ts';
import { okReply, parseMessage } from '../lib/protocol/envelope.ts';
import { handler as create } from './session/create.ts';
import { handler as destroy } from './session/destroy.ts';
import { handler as getAnswer } from './session/get-answer.ts';
import { handler as getInfo } from './session/get-info.ts';
import { handler as getList } from './session/get-list.ts';
import { handler as updateMedia } from './session/update-media.ts';

const commands: Readonly<Record<Command, RouteHandler>> = {
  'session/create': create,
  'session/destroy': destroy,
  'session/get_info': getInfo,
  'session/get_list': getList,
  'session/get_answer': getAnswer,
  'session/update_media': updateMedia,
};

/**
 * `$default`: what no route matched. Messages that leave `subclass` out or put it into `class` go to the handler that
 * they mean; a ping is answered, a client's response to an event is not; anything else is an error, never silence.
 */
async function dispatch(event: WebSocketEvent, context: Context): Promise<RouteReply> {
  const message = parseMessage(event.body ?? '');
  switch (message.kind) {
    case 'ping':
      return routeReply(okReply(message.tid));
    case 'event_response':
      return { statusCode: 200 };
    case 'request':
      return commands[message.command](event, context);
  }
}

export const handler: RouteHandler = middy(dispatch).use(errorsAnswered());
