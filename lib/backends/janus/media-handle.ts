import type { PluginDescriptor } from 'janode';
import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaSink } from '../backend.ts';
import type { PluginEvent } from './events.ts';
import { JanusHandle } from './handle.ts';

/** A handle that carries a client's peer connection: its end is the media session's end. */
export function mediaHandle(plugin: PluginDescriptor, sink: MediaSink, onPluginEvent?: PluginEvent): JanusHandle {
  return new JanusHandle(plugin, {
    status: (status) => sink.status(status),
    hangup: (cause) => {
      sink.status({ class: 'webrtc', status: 'down' });
      sink.status({ class: 'hangup', cause });
      sink.stopped(new PatchbayError('session_stop', `the media connection ended: ${cause}`));
    },
    detached: () => sink.stopped(new PatchbayError('janus_session_down', 'Janus dropped the handle')),
    plugin: onPluginEvent,
  });
}
