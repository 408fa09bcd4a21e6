import { type Call, joinCall, type PatchbayClient, type SessionFields, startCall } from '../../lib/client/index.ts';
import { until } from './until.ts';
import { newPeerConnection } from './wrtc.ts';

/** The two ends of a proxy between WebRTC clients. */
export interface ProxyCall {
  readonly master: Call;
  readonly slave: Call;
}

/** Both ends by the client library, up. */
export async function startProxy(
  [first, second]: readonly [PatchbayClient, PatchbayClient],
  [firstStream, secondStream]: readonly [MediaStream, MediaStream],
  session: { readonly master?: SessionFields; readonly slave?: SessionFields } = {},
): Promise<ProxyCall> {
  const common = { type: 'proxy', createPeerConnection: newPeerConnection } as const;
  const master = await startCall(first, { ...common, stream: firstStream, session: session.master ?? {} });
  const { sessionId: masterId } = master;
  const slave = await joinCall(second, { ...common, stream: secondStream, masterId, session: session.slave ?? {} });
  await areUp(master, slave);
  return { master, slave };
}

export const areUp = (...calls: readonly Call[]): Promise<unknown> =>
  until('all are connected', () => calls.every(({ peerConnection }) => peerConnection.connectionState === 'connected'));
