/** The part of janode 1.8 that patchbay uses; it ships no types. Source: https://github.com/meetecho/janode */

declare module 'janode' {
  import type { EventEmitter } from 'node:events';

  export interface JanusMessage {
    janus: string;
    transaction?: string;
    session_id?: number;
    sender?: number;
    data?: { id: number };
    plugindata?: { plugin: string; data: Record<string, unknown> };
    jsep?: { type: 'offer' | 'answer'; sdp: string; rid_order?: 'hml' | 'lmh' };
    [field: string]: unknown;
  }
  export type JanusRequest = Record<string, unknown> & { janus: string };

  export interface JanodeHandle extends EventEmitter {
    readonly id: number;
    sendRequest(request: JanusRequest, timeoutMs?: number): Promise<JanusMessage>;
    detach(): Promise<void>;
  }
  export interface PluginDescriptor {
    readonly id: string;
    readonly Handle: new (session: JanodeSession, id: number) => JanodeHandle;
    readonly EVENT: Readonly<Record<string, string>>;
  }
  export interface JanodeSession extends EventEmitter {
    readonly id: number;
    sendRequest(request: JanusRequest): Promise<JanusMessage>;
    attach(plugin: PluginDescriptor): Promise<JanodeHandle>;
    destroy(): Promise<void>;
  }
  export interface JanodeConnection extends EventEmitter {
    sendRequest(request: JanusRequest): Promise<JanusMessage>;
    create(keepAliveSeconds?: number): Promise<JanodeSession>;
    getInfo(): Promise<JanusMessage>;
    listSessions(): Promise<JanusMessage>;
    listHandles(sessionId: number): Promise<JanusMessage>;
    handleInfo(sessionId: number, handleId: number): Promise<JanusMessage>;
    close(): Promise<void>;
  }
  export interface JanodeConfig {
    address: { url: string; apisecret?: string };
    retry_time_secs?: number;
    max_retries?: number;
    is_admin?: boolean;
  }
  const janode: {
    connect(config: JanodeConfig): Promise<JanodeConnection>;
    Logger: { setLevel(level: 'none' | 'error' | 'warning' | 'info' | 'verbose' | 'debug'): string };
    EVENT: {
      readonly CONNECTION_CLOSED: 'connection_closed';
      readonly CONNECTION_ERROR: 'connection_error';
      readonly SESSION_DESTROYED: 'session_destroyed';
      readonly HANDLE_DETACHED: 'handle_detached';
      readonly HANDLE_ICE_FAILED: 'handle_ice_failed';
      readonly HANDLE_HANGUP: 'handle_hangup';
      readonly HANDLE_MEDIA: 'handle_media';
      readonly HANDLE_WEBRTCUP: 'handle_webrtcup';
      readonly HANDLE_SLOWLINK: 'handle_slowlink';
      readonly HANDLE_TRICKLE: 'handle_trickle';
    };
  };
  export default janode;
}

declare module 'janode/plugins/echotest' {
  import type { PluginDescriptor } from 'janode';

  const plugin: PluginDescriptor;
  export default plugin;
}

declare module 'janode/plugins/videoroom' {
  import type { PluginDescriptor } from 'janode';

  const plugin: PluginDescriptor;
  export default plugin;
}

declare module 'janode/handle' {
  import { EventEmitter } from 'node:events';
  import type { JanodeHandle, JanodeSession, JanusMessage, JanusRequest } from 'janode';

  /** What a plugin's message becomes: the event's name, and its payload with a `jsep` where there is one. */
  export interface PluginEventData {
    event: string | null;
    data: Record<string, unknown> | Error;
  }

  /** What plugin descriptors extend: "Users implementing new plugins must extend this class and override handleMessage". */
  export default class Handle extends EventEmitter implements JanodeHandle {
    readonly id: number;
    constructor(session: JanodeSession, id: number);
    sendRequest(request: JanusRequest, timeoutMs?: number): Promise<JanusMessage>;
    detach(): Promise<void>;
    /** Null for what is none of this plugin's. */
    handleMessage(message: JanusMessage): PluginEventData | null;
    protected ownsTransaction(transaction: string | undefined): boolean;
    protected closeTransactionWithSuccess(transaction: string | undefined, message: JanusMessage): void;
    protected closeTransactionWithError(transaction: string | undefined, error: Error): void;
    protected _newPluginEvent(message: JanusMessage): PluginEventData;
  }
}
