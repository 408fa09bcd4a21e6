import type { CallEnd } from './call-ends.ts';

/** A client's end that reaches a public address which only leads here: what a one-to-one NAT does to packets, done to SDPs. */
export function behindNat(end: CallEnd, publicAddress: string, localAddress: string): CallEnd {
  const led = (sdp: string) => sdp.replaceAll(publicAddress, localAddress);
  return {
    sdpType: end.sdpType,
    offer: () => end.offer(),
    takeAnswer: (sdp) => end.takeAnswer(led(sdp)),
    answer: (offer) => end.answer(led(offer)),
    bytesIn: () => end.bytesIn(),
  };
}
