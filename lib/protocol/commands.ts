import type * as z from 'zod/mini';
import * as event from './event.ts';
import * as node from './node.ts';
import * as room from './room.ts';
import * as session from './session.ts';

/**
 * One row a command. `subclass/cmd` is the route key, the file of its handler, the test's path and the docs' row.
 */
export interface CommandRow {
  /** What it does, in a sentence, for the docs. */
  readonly summary: string;
  readonly data: z.core.$ZodType;
  readonly reply: z.core.$ZodType;
  /** Older names of the command: routes of their own that lead to the same handler. */
  readonly alsoKnownAs?: readonly string[];
  /** Older names of fields. */
  readonly fieldNames?: Readonly<Record<string, string>>;
  /** The session may be left out where the connection has one only. docs/protocol.md#sessions. */
  readonly ofSession?: true;
  /** May take up to `limits.waitSeconds` to answer. */
  readonly waits?: true;
}

export const commands = {
  'session/create': {
    summary: 'Starts a session; with `wait_reply` the reply carries the answer or the offer.',
    data: session.createData,
    reply: session.createReply,
    alsoKnownAs: ['session/start'],
    fieldNames: {
      publisher: 'publisher_id',
      room: 'room_id',
      room_audiocodec: 'room_audio_codec',
      room_videocodec: 'room_video_codec',
      events_body: 'event_body',
    },
    waits: true,
  },
  'session/destroy': {
    summary: 'Ends a session.',
    data: session.destroyData,
    reply: session.noReply,
    alsoKnownAs: ['session/stop'],
    ofSession: true,
  },
  'session/get_info': {
    summary: 'All that is known of a session.',
    data: session.getInfoData,
    reply: session.sessionInfo,
    ofSession: true,
  },
  'session/get_list': {
    summary: "The caller's sessions, an administrator's whole tenant, page by page.",
    data: session.getListData,
    reply: session.getListReply,
  },
  'session/get_answer': {
    summary: 'Waits for the answer of a session.',
    data: session.waitData,
    reply: session.answerReply,
    ofSession: true,
    waits: true,
  },
  'session/get_offer': {
    summary: 'Waits for the offer of a session.',
    data: session.waitData,
    reply: session.offerReply,
    ofSession: true,
    waits: true,
  },
  'session/get_proxy_offer': {
    summary: 'What a `proxy` master made for the far side.',
    data: session.getInfoData,
    reply: session.offerReply,
    ofSession: true,
  },
  'session/set_answer': {
    summary: 'Gives a session its answer.',
    data: session.setAnswerData,
    reply: session.noReply,
    ofSession: true,
  },
  'session/set_candidate': {
    summary: 'Trickles one ICE candidate, or up to 50.',
    data: session.setCandidateData,
    reply: session.noReply,
    ofSession: true,
  },
  'session/set_candidate_end': {
    summary: 'Says that no more ICE candidates follow.',
    data: session.getInfoData,
    reply: session.noReply,
    ofSession: true,
  },
  'session/set_type': {
    summary: 'Makes another type of a live session.',
    data: session.setTypeData,
    reply: session.setTypeReply,
    fieldNames: { publisher: 'publisher_id', room: 'room_id' },
    ofSession: true,
  },
  'session/update_media': {
    summary: 'Mutes, unmutes, or limits the bitrate of what the client sends.',
    data: session.updateMediaData,
    reply: session.updateMediaReply,
    ofSession: true,
  },
  'session/recorder_action': {
    summary: 'Starts, stops and lists recordings of a session.',
    data: session.recorderActionData,
    reply: session.recorderReply,
    ofSession: true,
  },
  'session/room_action': {
    summary: 'Acts on the room that a session is in.',
    data: session.roomActionData,
    reply: session.actionsReply,
    fieldNames: { room: 'room_id' },
    ofSession: true,
  },
  'session/player_action': {
    summary: 'Acts on what is played to a session.',
    data: session.playerActionData,
    reply: session.actionsReply,
    ofSession: true,
  },
  'session/send_info': {
    summary: 'Sends an `info` event to all who get the events of a session.',
    data: session.sendInfoData,
    reply: session.noReply,
    ofSession: true,
  },
  'session/attach': {
    summary: 'Takes over one session, or all of mine, on this connection.',
    data: session.attachData,
    reply: session.attachReply,
  },
  'room/create': {
    summary: 'Makes a room.',
    data: room.createRoomData,
    reply: room.createRoomReply,
  },
  'room/destroy': {
    summary: 'Ends a room and all sessions in it.',
    data: room.destroyRoomData,
    reply: session.noReply,
  },
  'room/get_info': {
    summary: 'All that is known of a room, and who is in it.',
    data: room.roomInfoData,
    reply: room.roomInfo,
    alsoKnownAs: ['room/info'],
  },
  'room/get_list': {
    summary: "The tenant's rooms, page by page.",
    data: room.roomListData,
    reply: room.roomListReply,
    alsoKnownAs: ['room/list'],
  },
  'room/kick': {
    summary: "Ends a member's session.",
    data: room.kickData,
    reply: session.noReply,
  },
  'room/mute': {
    summary: 'Mutes or unmutes a member for the whole room.',
    data: room.muteData,
    reply: session.noReply,
  },
  'room/layout': {
    summary: 'Arranges the picture of an `mcu` room.',
    data: room.layoutData,
    reply: session.noReply,
  },
  'event/subscribe': {
    summary: 'Asks for events.',
    data: event.subscription,
    reply: session.noReply,
  },
  'event/unsubscribe': {
    summary: 'Asks for events no more.',
    data: event.subscription,
    reply: session.noReply,
  },
  'event/get_subscriptions': {
    summary: 'What events this connection gets.',
    data: event.noData,
    reply: event.subscriptionsReply,
  },
  'node/get_list': {
    summary: 'The media nodes, for administrators.',
    data: event.noData,
    reply: node.nodeListReply,
  },
} as const satisfies Record<string, CommandRow>;

export type Command = keyof typeof commands;
export type CommandData<C extends Command> = z.output<(typeof commands)[C]['data']>;
/** What a client writes: defaults may be left out. */
export type CommandInput<C extends Command> = z.input<(typeof commands)[C]['data']>;
export type CommandReply<C extends Command> = z.output<(typeof commands)[C]['reply']>;

export const commandNames = Object.keys(commands) as readonly Command[];
export const commandRow = (command: Command): CommandRow => commands[command];

/** Every route of the API and the command behind it, older names included. */
export const routes: ReadonlyMap<string, Command> = new Map(
  commandNames.flatMap((command) =>
    [command, ...(commandRow(command).alsoKnownAs ?? [])].map((route) => [route, command] as const),
  ),
);
