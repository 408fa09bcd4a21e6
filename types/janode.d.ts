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
    jsep?: { type: 'offer' | 'answer'; sdp: string };
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
