import type { PluginDescriptor } from 'janode';
import { ResultHandle } from './result-handle.ts';

/** https://janus.conf.meetecho.com/docs/videocall.html */
class VideoCallHandle extends ResultHandle {
  protected override readonly plugin = 'videocall';
}

/** janode has no descriptor of this plugin: two peers that call each other by name, their media through Janus. */
const videocall = {
  id: 'janus.plugin.videocall',
  Handle: VideoCallHandle,
  EVENT: {
    /** Somebody calls: `username`, and the `jsep` of the offer. */
    VIDEOCALL_INCOMING: 'videocall_incomingcall',
    /** The callee has accepted: `username`, and the `jsep` of the answer. */
    VIDEOCALL_ACCEPTED: 'videocall_accepted',
    /** The call is over: `username`, `reason`. */
    VIDEOCALL_HANGUP: 'videocall_hangup',
  },
} as const satisfies PluginDescriptor;

export default videocall;
