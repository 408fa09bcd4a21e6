/** The client library's public face. Node programs add `nodeTransport` from `./node-transport.ts`, which needs `ws`. */
export type { Command, CommandInput, CommandReply } from '../protocol/commands.ts';
export { PatchbayError, type Reason } from '../protocol/errors.ts';
export type { PatchbayEvent, SessionEventBodies, SessionEventType, SessionStatus } from '../protocol/events.ts';
export type { Applied, SessionInfo, SessionSummary, SessionType } from '../protocol/session.ts';
export { Call, type MediaChanges } from './call.ts';
export type { Ended } from './call-events.ts';
export { type ClientOptions, type ConnectionState, PatchbayClient } from './client.ts';
export type { Unsubscribe } from './emitter.ts';
export { type CallOptions, startCall } from './start-call.ts';
export {
  type CloseInfo,
  type Transport,
  type TransportFactory,
  type TransportListener,
  WebSocketTransport,
  webSocketTransport,
} from './transport.ts';
