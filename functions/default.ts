import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { errorsAnswered, type RouteHandler, routeReply } from '../lib/command/command.ts';
import type { RouteReply, WebSocketEvent } from '../lib/command/websocket-event.ts';
import type { Command } from '../lib/protocol/commands.ts';
import { okReply, parseMessage } from '../lib/protocol/envelope.ts';
import { handler as getSubscriptions } from './event/get-subscriptions.ts';
import { handler as subscribe } from './event/subscribe.ts';
import { handler as unsubscribe } from './event/unsubscribe.ts';
import { handler as getNodes } from './node/get-list.ts';
import { handler as createRoom } from './room/create.ts';
import { handler as destroyRoom } from './room/destroy.ts';
import { handler as getRoomInfo } from './room/get-info.ts';
import { handler as getRooms } from './room/get-list.ts';
import { handler as kick } from './room/kick.ts';
import { handler as layout } from './room/layout.ts';
import { handler as mute } from './room/mute.ts';
import { handler as attach } from './session/attach.ts';
import { handler as create } from './session/create.ts';
import { handler as destroy } from './session/destroy.ts';
import { handler as getAnswer } from './session/get-answer.ts';
import { handler as getInfo } from './session/get-info.ts';
import { handler as getList } from './session/get-list.ts';
import { handler as getOffer } from './session/get-offer.ts';
import { handler as getProxyOffer } from './session/get-proxy-offer.ts';
import { handler as playerAction } from './session/player-action.ts';
import { handler as recorderAction } from './session/recorder-action.ts';
import { handler as roomAction } from './session/room-action.ts';
import { handler as sendInfo } from './session/send-info.ts';
import { handler as setAnswer } from './session/set-answer.ts';
import { handler as setCandidate } from './session/set-candidate.ts';
import { handler as setCandidateEnd } from './session/set-candidate-end.ts';
import { handler as setType } from './session/set-type.ts';
import { handler as updateMedia } from './session/update-media.ts';

const commands: Readonly<Record<Command, RouteHandler>> = {
  'event/get_subscriptions': getSubscriptions,
  'event/subscribe': subscribe,
  'event/unsubscribe': unsubscribe,
  'node/get_list': getNodes,
  'room/create': createRoom,
  'room/destroy': destroyRoom,
  'room/get_info': getRoomInfo,
  'room/get_list': getRooms,
  'room/kick': kick,
  'room/layout': layout,
  'room/mute': mute,
  'session/attach': attach,
  'session/create': create,
  'session/destroy': destroy,
  'session/get_answer': getAnswer,
  'session/get_info': getInfo,
  'session/get_list': getList,
  'session/get_offer': getOffer,
  'session/get_proxy_offer': getProxyOffer,
  'session/player_action': playerAction,
  'session/recorder_action': recorderAction,
  'session/room_action': roomAction,
  'session/send_info': sendInfo,
  'session/set_answer': setAnswer,
  'session/set_candidate': setCandidate,
  'session/set_candidate_end': setCandidateEnd,
  'session/set_type': setType,
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
