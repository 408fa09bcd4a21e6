import type { Command } from '../../lib/protocol/commands.ts';
import { offer } from './sdp.ts';

export type Data = Record<string, unknown>;
const description = { sdp: offer.sdp, sdp_type: 'webrtc' };
const room = { room_id: 'lobby' };
const member = { ...room, session_id: 'a@n1' };
const everything = { subclass: 'session' };

/** What each command has to be given besides its session, in each way that leads to other records. */
export const commandData: Readonly<Record<Command, readonly Data[]>> = {
  // A node that does not answer is fenced off; a session or room that is named is looked up.
  'session/create': [
    { type: 'echo', offer },
    { type: 'p2p', master_id: 'mine' },
    { type: 'publish', offer, ...room },
  ],
  'session/destroy': [{}],
  'session/get_info': [{}],
  'session/get_list': [{}],
  'session/get_answer': [{}],
  'session/get_offer': [{}],
  'session/get_proxy_offer': [{}],
  'session/set_answer': [{ answer: description }],
  'session/set_candidate': [{ sdpMLineIndex: 0, candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' }],
  'session/set_candidate_end': [{}],
  'session/set_type': [{ type: 'park' }],
  'session/update_media': [{ mute_audio: true }],
  'session/recorder_action': [{}],
  'session/room_action': [{ action: 'list' }],
  'session/player_action': [{ action: 'get_actions' }],
  'session/send_info': [{ info: 'hello' }],
  'session/attach': [{}, { session_id: 'mine' }],
  'room/create': [{ class: 'sfu' }, { class: 'sfu', ...room }],
  'room/destroy': [room],
  'room/get_info': [room],
  'room/get_list': [{}],
  'room/kick': [member],
  'room/mute': [{ ...member, audio: true }],
  'room/layout': [{ ...room, layout: '2x2' }],
  'event/subscribe': [everything],
  'event/unsubscribe': [everything],
  'event/get_subscriptions': [{}],
  'node/get_list': [{}],
};

/** A session by an id that names its node, by one that does not, and by the connection. */
export const sessionData: readonly Data[] = [{ session_id: 'a@n1' }, { session_id: 'mine' }, {}];
