import { type Call, listenTo, type PatchbayClient, startCall } from '../../lib/client/index.ts';
import { startP2p } from '../../test/support/p2p.ts';
import { areUp, startProxy } from '../../test/support/proxies.ts';
import { newPeerConnection, type Tone } from '../../test/support/wrtc.ts';
import type { CallName } from './counted.ts';

/** Who calls: each client has a connection of its own. */
export interface Callers {
  readonly clients: readonly [PatchbayClient, PatchbayClient, PatchbayClient];
  readonly tone: Tone;
}

interface Kind {
  readonly parties: number;
  /** Sessions on a media node. */
  readonly sessions: number;
  /** Makes the call; resolves with what hangs it up, once media flows. */
  start(callers: Callers): Promise<Call[]>;
}

const common = { createPeerConnection: newPeerConnection } as const;

/** The calls that are counted, as the client library makes them: with trickled candidates, and events to all parties. */
export const kinds: Readonly<Record<CallName, Kind>> = {
  echo: {
    parties: 1,
    sessions: 1,
    async start({ clients: [ann], tone: { stream } }) {
      const call = await startCall(ann, { ...common, type: 'echo', stream });
      await areUp(call);
      return [call];
    },
  },
  proxy: {
    parties: 2,
    sessions: 2,
    async start({ clients: [ann, bob], tone: { stream } }) {
      const { master } = await startProxy([ann, bob], [stream, stream]);
      return [master];
    },
  },
  p2p: {
    parties: 2,
    sessions: 0,
    async start({ clients: [ann, bob], tone }) {
      const { master, slave } = await startP2p([ann, bob], [tone, tone]);
      await areUp(master, slave);
      return [master];
    },
  },
  room: {
    parties: 3,
    sessions: 3,
    async start({ clients: [ann, bob, eve], tone: { stream } }) {
      const publisher = await startCall(ann, { ...common, type: 'publish', stream });
      await areUp(publisher);
      const listeners = await Promise.all(
        [bob, eve].map((client) => listenTo(client, { ...common, publisherId: publisher.sessionId })),
      );
      await areUp(...listeners);
      return [publisher];
    },
  },
  conference: {
    parties: 2,
    sessions: 2,
    async start({ clients: [ann, bob], tone: { stream } }) {
      const first = await startCall(ann, { ...common, type: 'mcu', stream });
      const session = first.roomId === undefined ? {} : { room_id: first.roomId };
      const second = await startCall(bob, { ...common, type: 'mcu', stream, session });
      await areUp(first, second);
      return [second, first];
    },
  },
};
