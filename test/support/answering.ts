import type { CommandInput } from '../../lib/client/index.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import type { CallBench } from './call-bench.ts';
import { Caller } from './call-kinds.ts';
import { phone } from './forbidden.ts';
import { makeOfferSdp } from './wrtc.ts';

/** Sessions of every type whose clients still have to answer, by the kind of SDP that they answer with. */
export interface Answering {
  readonly rtp: readonly string[];
  readonly webrtc: readonly string[];
  /** One of them, whose publisher speaks. */
  readonly listener: string;
}

const waits = { wait_timeout: 3600 };

export async function startAnswering({ client, ends }: CallBench): Promise<Answering> {
  const create = async (data: CommandInput<'session/create'>) =>
    (await client.request('session/create', { ...waits, ...data, wait_reply: data.offer === undefined })).session_id;
  const slaveOf = async (offer: { sdp: string; sdp_type: SdpType }, sdp_type: SdpType) =>
    create({ type: 'proxy', master_id: await create({ type: 'proxy', offer, sdp_type }) });
  const offer = { sdp: await makeOfferSdp(), sdp_type: 'webrtc' } as const;

  const withoutCandidates = new Caller(client, (_end, _sessionId, request) => request());
  const publisher = await withoutCandidates.offer(await ends({ trickles: true }).webrtc(), { type: 'publish' });
  await publisher.answered;
  const listener = await create({ type: 'listen', publisher_id: publisher.sessionId });
  return {
    rtp: [await slaveOf(offer, 'rtp')],
    webrtc: [await slaveOf(offer, 'webrtc'), await slaveOf({ sdp: phone, sdp_type: 'rtp' }, 'webrtc'), listener],
    listener,
  };
}
