import type { Description } from '../../lib/protocol/session.ts';

/** What Chromium offers for a microphone and a camera, without the codecs that nobody uses. */
export const chromiumOffer = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS stream',
  'm=audio 51472 UDP/TLS/RTP/SAVPF 111 0',
  'c=IN IP4 192.0.2.10',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:2999745851 1 udp 2122260223 192.0.2.10 51472 typ host generation 0 network-id 1',
  'a=candidate:842163049 1 udp 1677729535 203.0.113.5 51472 typ srflx raddr 192.0.2.10 rport 51472 generation 0',
  'a=end-of-candidates',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'a=ice-options:trickle',
  'a=fingerprint:sha-256 D2:B9:31:8F:DF:24:D8:0E:ED:D2:EF:25:9E:AF:6F:B8:34:AE:53:9C:E6:F3:8F:F2:64:15:FA:E8:7F:53:2D:38',
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:0 PCMU/8000',
  'm=video 51473 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 192.0.2.10',
  'a=candidate:2999745851 1 udp 2122260223 192.0.2.10 51473 typ host generation 0 network-id 1',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'a=fingerprint:sha-256 D2:B9:31:8F:DF:24:D8:0E:ED:D2:EF:25:9E:AF:6F:B8:34:AE:53:9C:E6:F3:8F:F2:64:15:FA:E8:7F:53:2D:38',
  'a=setup:actpass',
  'a=mid:1',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');

/** What a SIP phone offers. */
export const phoneOffer = [
  'v=0',
  'o=phone 3747 3747 IN IP4 192.0.2.20',
  's=call',
  'c=IN IP4 192.0.2.20',
  't=0 0',
  'm=audio 49170 RTP/AVP 0 8 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendrecv',
  '',
].join('\r\n');

export const offer: Description = { sdp: chromiumOffer, sdp_type: 'webrtc', trickle_ice: false };
export const answer: Description = {
  sdp: chromiumOffer.replaceAll('a=setup:actpass', 'a=setup:active'),
  sdp_type: 'webrtc',
  trickle_ice: false,
};
