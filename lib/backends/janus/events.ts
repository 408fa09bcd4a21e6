import janode, { type JanodeHandle, type PluginDescriptor } from 'janode';
import type { SessionStatus } from '../../protocol/events.ts';

/** What a plugin tells without being asked: janode's name of the event, and its data with a `jsep` where there is one. */
export type PluginEvent = (event: string, data: Record<string, unknown>) => void;

/** What Janus tells of a handle. https://janus.conf.meetecho.com/docs/rest.html */
export interface HandleEvents {
  status(status: SessionStatus): void;
  /** The peer connection is gone: ICE failed, DTLS closed, or Janus ended it. */
  hangup(cause: string): void;
  /** Janus dropped the handle. */
  detached(): void;
  readonly plugin?: PluginEvent | undefined;
}

/** Listens to a janode handle; janode drops the listeners by itself when its handle ends. */
export function listen(handle: JanodeHandle, plugin: PluginDescriptor, events: HandleEvents): void {
  const { EVENT } = janode;
  for (const event of Object.values(plugin.EVENT)) {
    handle.on(event, (data: Record<string, unknown>) => events.plugin?.(event, data));
  }
  handle.on(EVENT.HANDLE_WEBRTCUP, () => events.status({ class: 'webrtc', status: 'up' }));
  handle.on(EVENT.HANDLE_MEDIA, ({ type, receiving }: { type?: string; receiving?: boolean }) => {
    if (type === 'audio' || type === 'video') {
      events.status({ class: 'media', media: type, status: receiving ? 'up' : 'down' });
    }
  });
  handle.on(EVENT.HANDLE_SLOWLINK, ({ uplink, lost }: { uplink?: boolean; lost?: number }) =>
    events.status({ class: 'slow_link', uplink: uplink ?? false, lost: lost ?? 0 }),
  );
  handle.on(EVENT.HANDLE_HANGUP, ({ reason }: { reason?: string }) => events.hangup(reason ?? 'unknown'));
  handle.on(EVENT.HANDLE_DETACHED, () => events.detached());
}
