/** The client library's public face. Node programs add `nodeTransport` from `./node-transport.ts`, which needs `ws`. */
export type { Command, CommandInput, CommandReply } from '../protocol/commands.ts';
export { PatchbayError, type Reason } from '../protocol/errors.ts';
export type {
  PatchbayEvent,
  RoomEventBodies,
  RoomEventType,
  RoomStatus,
  SessionEventBodies,
  SessionEventType,
  SessionStatus,
} from '../protocol/events.ts';
export type { RoomInfo, RoomMember, RoomRole, RoomSummary } from '../protocol/room.ts';
export type { Applied, SessionInfo, SessionSummary, SessionType } from '../protocol/session.ts';
export { Call } from './call.ts';
export { type Ended, readStatus } from './call-events.ts';
export type { SessionFields, SetupOptions } from './call-setup.ts';
export { PatchbayClient, type SessionLost } from './client.ts';
export type { ClientOptions, ReconnectOptions } from './client-options.ts';
export type { Unsubscribe } from './emitter.ts';
export type { EventGap } from './event-order.ts';
export { type JoinOptions, joinCall } from './join-call.ts';
export type { ConnectionState } from './link.ts';
export { type ListenOptions, listenTo } from './listen-to.ts';
export type { MediaChanges, RecordingStarted, RecordingStopped } from './session-commands.ts';
export { type CallOptions, startCall } from './start-call.ts';
export type { EventFilter } from './subscriptions.ts';
export {
  type CloseInfo,
  type Transport,
  type TransportFactory,
  type TransportListener,
  WebSocketTransport,
  webSocketTransport,
} from './transport.ts';
