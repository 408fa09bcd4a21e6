import type { PatchbayEvent } from '../../../lib/client/index.ts';
import { placeName, readPlace } from '../call/place.ts';
import { shortId } from '../shell/short-id.ts';

const maxChars = 160;

/** An event's body in a line: for the ones seen most, what matters; else its fields. */
export function bodyOf({ type, body }: PatchbayEvent): string {
  return shorten(summary(type, body));
}

function summary(type: string, body: PatchbayEvent['body']): string {
  switch (type) {
    case 'created':
      // A room has no type, a session no class.
      return fields({
        ...(body.type ? { type: body.type } : { class: body.class }),
        backend: body.backend,
        user: body.user_id,
      });
    case 'started_member':
    case 'stopped_member':
      return `${body.role} ${shortId(String(body.session_id))}`;
    case 'offer':
    case 'answer':
      return describeSdp(body[type]);
    case 'status': {
      const { class: name, status, ...rest } = body;
      if (name === 'layout') return `layout ${body.layout}`;
      if (name === 'recording') return `recording ${body.state}, ${body.uri}`;
      return [name, ...Object.values(name === 'media' ? rest : {}), status, name === 'media' ? '' : fields(rest)]
        .filter((word) => word !== undefined && word !== '')
        .join(' ');
    }
    case 'candidate':
      return describeCandidate(body);
    case 'type':
      return placeName(readPlace(body));
    case 'destroyed':
      return `${body.reason} after ${body.duration} s`;
    default:
      return fields(body);
  }
}

/** `audio, video, 3.1 kB of SDP` */
function describeSdp(description: unknown): string {
  if (typeof description !== 'object' || !description || !('sdp' in description)) return '';
  const sdp = String(description.sdp);
  const media = [...sdp.matchAll(/^m=(\w+)/gm)].map(([, name]) => name);
  return `${media.join(', ')}, ${(sdp.length / 1000).toFixed(1)} kB of SDP`;
}

/** `host udp 192.0.2.1:50000, m-line 0`, by the candidate-attribute of RFC 8839. */
function describeCandidate({ candidate, sdpMid, sdpMLineIndex }: PatchbayEvent['body']): string {
  const [, , protocol = '', , address = '', port, , type] = String(candidate).split(' ');
  const host = address.includes(':') ? `[${address}]` : address;
  return `${type} ${protocol.toLowerCase()} ${host}:${port}, m-line ${sdpMid ?? sdpMLineIndex}`;
}

const fields = (body: Record<string, unknown>) =>
  Object.entries(body)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : (JSON.stringify(value) ?? '–')}`)
    .join(', ');

const shorten = (text: string) => (text.length > maxChars ? `${text.slice(0, maxChars)}…` : text);
