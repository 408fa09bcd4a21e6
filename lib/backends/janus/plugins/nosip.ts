import type { PluginDescriptor } from 'janode';
import { ResultHandle } from './result-handle.ts';

/** https://janus.conf.meetecho.com/docs/nosip.html */
class NoSipHandle extends ResultHandle {
  protected override readonly plugin = 'nosip';
}

/** janode has no descriptor of this plugin: plain RTP on one side, WebRTC on the other, signalling left to us. */
const nosip = {
  id: 'janus.plugin.nosip',
  Handle: NoSipHandle,
  /** All that it tells answers a request. */
  EVENT: {},
} as const satisfies PluginDescriptor;

export default nosip;
