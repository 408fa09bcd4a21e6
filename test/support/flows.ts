import { type Call, listenTo, type PatchbayClient, type SessionFields, startCall } from '../../lib/client/index.ts';
import { areUp, startProxy } from './proxies.ts';
import { newPeerConnection } from './wrtc.ts';

/** Every kind of session whose media Janus holds. */
export const flowKinds = ['echo', 'master', 'slave', 'publish', 'listen'] as const;
export type FlowKind = (typeof flowKinds)[number];

/** A call that is up, and where the media arrives that is muted or recorded by it. */
export interface Flow {
  readonly call: Call;
  /** Who sends that media: the call's own client, but for `listen`. */
  readonly sender: Call;
  readonly receiver: Call;
}

interface FlowOptions {
  /** Further fields of the call's `create`. */
  readonly session?: SessionFields;
  /** Opens data channels, too. */
  readonly data?: boolean;
  /** What the other end of a proxy sends, where that is something else. */
  readonly other?: MediaStream;
}

/** Both ends of it belong to one client of patchbay. */
export async function openFlow(
  client: PatchbayClient,
  kind: FlowKind,
  stream: MediaStream,
  { session = {}, data = false, other = stream }: FlowOptions = {},
): Promise<Flow> {
  const common = { stream, data, createPeerConnection: newPeerConnection };
  switch (kind) {
    case 'echo': {
      const call = await startCall(client, { ...common, type: 'echo', session });
      await areUp(call);
      return { call, sender: call, receiver: call };
    }
    case 'master':
    case 'slave': {
      const streams: [MediaStream, MediaStream] = kind === 'master' ? [stream, other] : [other, stream];
      const { master, slave } = await startProxy([client, client], streams, { [kind]: session });
      const [call, receiver] = kind === 'master' ? [master, slave] : [slave, master];
      return { call, sender: call, receiver };
    }
    case 'publish': {
      const call = await startCall(client, { ...common, type: 'publish', session });
      const receiver = await listenTo(client, { ...common, publisherId: call.sessionId });
      await areUp(call, receiver);
      return { call, sender: call, receiver };
    }
    case 'listen': {
      const sender = await startCall(client, { ...common, type: 'publish' });
      const call = await listenTo(client, { ...common, publisherId: sender.sessionId, session });
      await areUp(call, sender);
      return { call, sender, receiver: call };
    }
  }
}
