import { type Call, joinCall, type PatchbayClient, type SessionFields, startCall } from '../../lib/client/index.ts';
import { newPeerConnection, type Tone } from './wrtc.ts';

/** The two ends of a p2p call, with libwebrtc's peer connections. */
export interface P2pCall {
  readonly master: Call;
  readonly slave: Call;
}

export async function startP2p(
  [first, second]: readonly [PatchbayClient, PatchbayClient],
  [firstTone, secondTone]: readonly [Tone, Tone],
  session: SessionFields = {},
): Promise<P2pCall> {
  const common = { session, createPeerConnection: newPeerConnection };
  const master = await startCall(first, { ...common, type: 'p2p', stream: firstTone.stream });
  const slave = await joinCall(second, { ...common, masterId: master.sessionId, stream: secondTone.stream });
  return { master, slave };
}
