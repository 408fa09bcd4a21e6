import type { CommandInput, PatchbayClient, PatchbayEvent } from '../client/index.ts';
import { inTime, type Leg, type Legs } from './leg.ts';
import { offerSdp } from './offer-sdp.ts';

/** Sessions without media: SDPs go both ways, and nothing is sent on them. */
export function signallingLegs(client: PatchbayClient): Legs {
  const events: PatchbayEvent[] = [];
  const listeners = new Set<() => void>();
  const unsubscribe = client.onEvent((event) => {
    events.push(event);
    for (const listener of listeners) listener();
  });

  const heard = (sessionId: string, wanted: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (events.some(({ obj_id, type }) => obj_id === sessionId && type === wanted)) resolve();
    };
    listeners.add(look);
    look();
    return inTime(() => `no event ${wanted} came`, promise).finally(() => listeners.delete(look));
  };

  async function create(data: CommandInput<'session/create'>): Promise<Leg> {
    const { session_id, room_id, answer } = await client.request('session/create', {
      ...data,
      wait_reply: true,
    });
    if (!/^a=fingerprint:/m.test(answer?.sdp ?? '')) throw new Error('the SDP that came back is not one for WebRTC');
    return {
      sessionId: session_id,
      roomId: room_id,
      media: undefined,
      heard: (type) => heard(session_id, type),
      hangUp: async () => void (await client.request('session/destroy', { session_id })),
    };
  }
  const offer = () => ({ sdp: offerSdp() });
  return {
    echo: (_, engine) => create({ type: 'echo', offer: offer(), ...(engine && { backend: engine }) }),
    publish: () => create({ type: 'publish', offer: offer() }),
    listen: undefined,
    join: (_, roomId) => create({ type: 'mcu', offer: offer(), ...(roomId !== undefined && { room_id: roomId }) }),
    close: unsubscribe,
  };
}
