import { randomUUID } from 'node:crypto';
import type { Esl, Headers } from '../../lib/backends/freeswitch/esl.ts';
import * as requests from '../../lib/backends/freeswitch/requests.ts';
import type { Sip } from '../../lib/backends/freeswitch/sip.ts';
import type { PatchbayClient } from '../../lib/client/client.ts';
import type { Free, Measured, Way } from './measured.ts';

/** What every measured call on FreeSWITCH is made with. */
export interface TelephonyBench {
  /** Through the whole local stack. */
  readonly client: PatchbayClient;
  /** Straight to the node's controller, as a function does it. */
  controller(command: string, data: object): Promise<{ readonly session_id: string }>;
  /** sip.js and modesl, straight to the same FreeSWITCH. */
  readonly sip: Sip;
  readonly esl: Esl;
  /** The next event that fits. */
  event(fits: (headers: Headers) => boolean): Promise<void>;
  /** Plain RTP, nobody behind it. */
  readonly offer: string;
}

const rtp = (sdp: string) => ({ sdp, sdp_type: 'rtp' }) as const;

const destroy =
  ({ client }: TelephonyBench, session_id: string): Free =>
  () =>
    client.request('session/destroy', { session_id });

/** A create that is answered, through the stack and at the controller. */
const created = (
  bench: TelephonyBench,
  data: { readonly type: 'park' | 'echo' | 'mcu'; readonly room_id?: string },
): Way[] => {
  const all = { ...data, backend: 'freeswitch', offer: rtp(bench.offer), wait_reply: true };
  return [
    {
      label: 'whole local stack',
      run: async () => destroy(bench, (await bench.client.request('session/create', all)).session_id),
    },
    {
      label: 'at the controller',
      run: async () => destroy(bench, (await bench.controller('session/create', all)).session_id),
    },
  ];
};

/** The same by an INVITE of our own. */
const invited = (
  { sip, esl, offer }: TelephonyBench,
  destination: 'park' | 'echo' | 'mcu',
  headers: string[] = [],
): Way => ({
  label: 'sip.js: INVITE to 200',
  async run() {
    const id = randomUUID();
    await sip.invite({ id, destination, sdp: offer, headers });
    return () => esl.api(requests.kill(id));
  },
});

export const park = async (bench: TelephonyBench): Promise<Measured> => ({
  name: 'park, create to answer',
  ways: [...created(bench, { type: 'park' }), invited(bench, 'park')],
});

export const echo = async (bench: TelephonyBench): Promise<Measured> => ({
  name: 'echo on FreeSWITCH, create to answer',
  ways: [...created(bench, { type: 'echo' }), invited(bench, 'echo')],
});

/** Into conferences that are there, each with one member that stays. */
export async function mcu(bench: TelephonyBench): Promise<Measured> {
  const room_id = 'bench';
  const [ours] = created(bench, { type: 'mcu', room_id });
  const headers = requests.conferenceHeaders(randomUUID(), 'video-mcu-stereo');
  const theirs = invited(bench, 'mcu', headers);
  const stay = [await ours?.run(), await theirs.run()];
  return {
    name: 'mcu, create to answer',
    ways: [...created(bench, { type: 'mcu', room_id }), theirs],
    close: () => Promise.all(stay.map((free) => free?.())),
  };
}

/** Two parked calls become a bridge, until FreeSWITCH says that they are. */
export async function bridge(bench: TelephonyBench): Promise<Measured> {
  const { client, sip, esl, offer, event } = bench;
  const parked = () => client.request('session/create', { type: 'park', offer: rtp(offer), wait_reply: true });
  const pair = async () => {
    const [a, b] = await Promise.all([parked(), parked()]);
    const free = () => Promise.all([a, b].map(({ session_id }) => destroy(bench, session_id)().catch(() => undefined)));
    return { session_id: a.session_id, peer_id: b.session_id, free };
  };
  let next = await pair();
  const ids: [string, string] = [randomUUID(), randomUUID()];
  await Promise.all(ids.map((id) => sip.invite({ id, destination: 'park', sdp: offer, headers: [] })));
  /** What is bridged is made before, unmeasured. */
  const ofPair = (label: string, change: (session_id: string, peer_id: string) => Promise<unknown>): Way => ({
    label,
    async run() {
      const { session_id, peer_id, free } = next;
      await change(session_id, peer_id);
      return async () => {
        await free();
        next = await pair();
      };
    },
  });
  return {
    name: 'bridge, set_type to its reply',
    ways: [
      ofPair('whole local stack', (session_id, peer_id) =>
        client.request('session/set_type', { session_id, type: 'bridge', peer_id }),
      ),
      ofPair('at the controller', (session_id, peer_id) =>
        bench.controller('session/set_type', { session_id, type: 'bridge', peer_id }),
      ),
      {
        label: 'modesl: uuid_bridge to CHANNEL_BRIDGE',
        async run() {
          const bridged = event(
            (headers) => headers['Event-Name'] === 'CHANNEL_BRIDGE' && headers['Unique-ID'] === ids[0],
          );
          await esl.api(requests.bridge(...ids));
          await bridged;
          return async () => {
            const left = event(
              (headers) => headers['Event-Name'] === 'CHANNEL_PARK' && headers['Unique-ID'] === ids[0],
            );
            await esl.api(requests.park(ids[0]));
            await left;
          };
        },
      },
    ],
    async close() {
      await next.free();
      await Promise.all(ids.map((id) => esl.api(requests.kill(id))));
    },
  };
}
