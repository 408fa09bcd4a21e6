import { parse } from 'sdp-transform';

interface Medium {
  readonly type: string;
  readonly port: number;
  readonly direction?: string;
  readonly connection?: { readonly ip: string };
}

/** What a side without a place to send to says, RFC 3264 section 8.4: whether it sends itself is anybody's guess. */
const onHold = '0.0.0.0';

/**
 * Whether one side promised media that the other one takes: of at least one m-line of audio or video, by the directions
 * in the two descriptions of a call. Both must be SDP that can be read.
 */
export function mediaFlows(from: string, to: string): boolean {
  const [sender, receiver] = [parse(from), parse(to)];
  return sender.media.some((medium: Medium, index) => {
    const other: Medium | undefined = receiver.media[index];
    return (
      other !== undefined &&
      (medium.type === 'audio' || medium.type === 'video') &&
      medium.port !== 0 &&
      other.port !== 0 &&
      (medium.connection ?? sender.connection)?.ip !== onHold &&
      does('send', medium.direction ?? sender.direction) &&
      does('recv', other.direction ?? receiver.direction)
    );
  });
}

const does = (what: 'send' | 'recv', direction = 'sendrecv'): boolean => direction.includes(what);
