import { randomUUID } from 'node:crypto';
import { requireOk } from '../../lib/backends/freeswitch/errors.ts';
import type { Esl, Headers } from '../../lib/backends/freeswitch/esl.ts';
import * as requests from '../../lib/backends/freeswitch/requests.ts';
import type { Sip } from '../../lib/backends/freeswitch/sip.ts';
import type { PatchbayClient } from '../../lib/client/client.ts';
import { openRtpEndpoint } from '../../test/support/rtp-endpoint.ts';
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
  /** The next event that fits. @throws Error when none comes */
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

/** A call that stays: its caller speaks, since FreeSWITCH hangs up on whoever sends nothing for a minute. */
async function staying(
  call: (offer: string) => Promise<{ readonly answer: string | undefined; readonly free: Free }>,
): Promise<Free> {
  const phone = await openRtpEndpoint();
  const { answer, free } = await call(phone.sdp);
  if (answer === undefined) throw new Error('FreeSWITCH has not answered');
  phone.speakTo(answer);
  return async () => {
    await free();
    await phone.close();
  };
}

/** Into conferences that are there, each with one member that stays. */
export async function mcu(bench: TelephonyBench): Promise<Measured> {
  const { client, sip, esl } = bench;
  const room_id = 'bench';
  const headers = requests.conferenceHeaders(randomUUID(), 'video-mcu-stereo');
  const ours = await staying(async (offer) => {
    const data = { type: 'mcu', room_id, backend: 'freeswitch', offer: rtp(offer), wait_reply: true } as const;
    const { session_id, answer } = await client.request('session/create', data);
    return { answer: answer?.sdp, free: destroy(bench, session_id) };
  });
  const theirs = await staying(async (sdp) => {
    const id = randomUUID();
    const answer = await sip.invite({ id, destination: 'mcu', sdp, headers });
    return { answer, free: () => esl.api(requests.kill(id)) };
  });
  return {
    name: 'mcu, create to answer',
    ways: [...created(bench, { type: 'mcu', room_id }), invited(bench, 'mcu', headers)],
    close: () => Promise.all([ours(), theirs()]),
  };
}

interface Pair {
  readonly ids: readonly [string, string];
  readonly free: Free;
}

/** A way to a bridge of two calls, made before it, unmeasured: each time new ones, which need not send anything. */
async function ofPairs(
  label: string,
  make: () => Promise<Pair>,
  connect: (a: string, b: string) => Promise<unknown>,
): Promise<Way & { readonly close: Free }> {
  let next = await make();
  return {
    label,
    async run() {
      const { ids, free } = next;
      await connect(...ids);
      return async () => {
        await free();
        next = await make();
      };
    },
    close: () => next.free(),
  };
}

/** Two parked calls become a bridge, until FreeSWITCH says that they are. */
export async function bridge(bench: TelephonyBench): Promise<Measured> {
  const { client, sip, esl, offer, event } = bench;
  const sessions = async (): Promise<Pair> => {
    const parked = async () =>
      (await client.request('session/create', { type: 'park', offer: rtp(offer), wait_reply: true })).session_id;
    const ids = await Promise.all([parked(), parked()]);
    // The end of one is the other's.
    return { ids, free: () => Promise.all(ids.map((id) => destroy(bench, id)().catch(() => undefined))) };
  };
  const channels = async (): Promise<Pair> => {
    const parked = async () => {
      const id = randomUUID();
      const there = event((headers) => headers['Event-Name'] === 'CHANNEL_PARK' && headers['Unique-ID'] === id);
      await Promise.all([there, sip.invite({ id, destination: 'park', sdp: offer, headers: [] })]);
      return id;
    };
    const ids = await Promise.all([parked(), parked()]);
    return { ids, free: () => Promise.all(ids.map((id) => esl.api(requests.kill(id)))) };
  };
  const ways = [
    await ofPairs('whole local stack', sessions, (session_id, peer_id) =>
      client.request('session/set_type', { session_id, type: 'bridge', peer_id }),
    ),
    await ofPairs('at the controller', sessions, (session_id, peer_id) =>
      bench.controller('session/set_type', { session_id, type: 'bridge', peer_id }),
    ),
    await ofPairs('modesl: uuid_bridge to CHANNEL_BRIDGE', channels, async (a, b) => {
      const bridged = event((headers) => headers['Event-Name'] === 'CHANNEL_BRIDGE' && headers['Unique-ID'] === a);
      const answered = esl.api(requests.bridge(a, b)).then((answer) => requireOk(answer, 'bridge'));
      await Promise.all([bridged, answered]);
    }),
  ];
  return { name: 'bridge, set_type to its reply', ways, close: () => Promise.all(ways.map((way) => way.close())) };
}
