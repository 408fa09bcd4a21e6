import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import type { JanusConnection } from './connection.ts';
import { RtpProxyMaster, RtpProxySlave } from './rtp-proxy.ts';
import { WebrtcProxyMaster, WebrtcProxySlave } from './webrtc-proxy.ts';

/**
 * `proxy`: two clients whose media goes through Janus. Between two WebRTC clients the videocall plugin carries it, to and
 * from plain RTP the nosip plugin. The master makes the call, the slave is its far side.
 *
 * @throws PatchbayError different_mediaserver, invalid_parameters
 */
export function openProxy(connection: JanusConnection, spec: MediaSpec, sink: MediaSink): MediaSession {
  const { master, kinds } = spec;
  if (master instanceof WebrtcProxyMaster) return new WebrtcProxySlave(master, spec, sink);
  if (master instanceof RtpProxyMaster) return new RtpProxySlave(master, sink);
  if (master) throw new PatchbayError('different_mediaserver', 'its master is no proxy of this Janus');
  const { near, far } = kinds ?? { near: 'webrtc', far: 'webrtc' };
  if (near === 'rtp' && far === 'rtp') throw new PatchbayError('invalid_parameters', 'a proxy needs a WebRTC side');
  if (near === 'webrtc' && far === 'webrtc') return new WebrtcProxyMaster(connection, spec, sink);
  return new RtpProxyMaster(connection, near, sink);
}
