import * as z from 'zod/mini';
import { withCrlf, withOwnOrigin } from '../../domain/sdp.ts';
import type { Candidate } from '../../protocol/candidate.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Description, SdpType } from '../../protocol/session.ts';
import type { MediaSession, MediaSink } from '../backend.ts';
import type { JanusConnection } from './connection.ts';
import { FarSink } from './far-sink.ts';
import type { JanusHandle, PluginReply } from './handle.ts';
import { mediaHandle } from './media-handle.ts';
import { OneHandle } from './one-handle.ts';
import nosip from './plugins/nosip.ts';
import { answerJsep, answerOf, offerJsep, offerOf } from './requests.ts';
import { RtpSilence } from './rtp-silence.ts';

const generated = z.object({ result: z.object({ event: z.literal('generated'), sdp: z.string() }) });

/**
 * A WebRTC and a plain RTP client on one handle of the nosip plugin, which neither mutes nor records and does not
 * transcode. https://janus.conf.meetecho.com/docs/nosip.html
 */
export class RtpProxyMaster implements MediaSession {
  readonly near: SdpType;
  readonly farSink: FarSink;
  readonly client: OneHandle;
  readonly #connection: JanusConnection;
  readonly #handle: JanusHandle;
  readonly #silence: RtpSilence;
  readonly #farOffer = Promise.withResolvers<Description>();
  /** What the clients on the two sides described. */
  readonly #described: Record<SdpType, string> = { rtp: '', webrtc: '' };

  constructor(connection: JanusConnection, near: SdpType, sink: MediaSink) {
    this.near = near;
    this.farSink = new FarSink(sink);
    this.#connection = connection;
    // What Janus tells is of the WebRTC side; the RTP side never says a word.
    this.#handle = mediaHandle(nosip, near === 'webrtc' ? sink : this.farSink);
    this.#silence = new RtpSilence(connection, this.#handle, near === 'rtp' ? sink : this.farSink);
    this.client = new WebrtcSide(connection, this.#handle);
    this.#farOffer.promise.catch(() => {});
  }

  async acceptOffer(offer: Description): Promise<undefined> {
    try {
      await this.#connection.attach(this.#handle);
      this.#farOffer.resolve(
        this.near === 'webrtc' ? await this.#toRtp('offer', offer) : await this.#toWebrtc('offer', offer),
      );
    } catch (error) {
      this.#farOffer.reject(error);
      throw error;
    }
  }

  farOffer(): Promise<Description> {
    return this.#farOffer.promise;
  }

  /** The far client's answer; returns the near one's. */
  async accept(answer: Description): Promise<Description> {
    const forMaster =
      this.near === 'webrtc' ? await this.#toWebrtc('answer', answer) : await this.#toRtp('answer', answer);
    this.#silence.watch(this.#described.rtp, this.#described.webrtc);
    this.client.expectClient();
    return forMaster;
  }

  addCandidates(candidates: readonly Candidate[]): Promise<void> {
    return addCandidates(this, this.near, candidates);
  }

  endCandidates(): Promise<void> {
    return endCandidates(this, this.near);
  }

  async close(): Promise<void> {
    this.#silence.stop();
    this.#farOffer.reject(new PatchbayError('peer_stopped', 'the master of the proxy has ended'));
    await this.client.close();
  }

  /** A WebRTC description as the RTP side gets it. */
  async #toRtp(type: 'offer' | 'answer', { sdp }: Description): Promise<Description> {
    this.#described.webrtc = sdp;
    const jsep = type === 'offer' ? offerJsep : answerJsep;
    const reply = await this.#handle.request({ request: 'generate' }, jsep(this.#connection.clientSdp(withCrlf(sdp))));
    return { sdp: generatedSdp(reply), sdp_type: 'rtp', trickle_ice: false };
  }

  /** An RTP description as the WebRTC side gets it. */
  async #toWebrtc(type: 'offer' | 'answer', { sdp }: Description): Promise<Description> {
    this.#described.rtp = sdp;
    const reply = await this.#handle.request({ request: 'process', type, sdp: withCrlf(sdp) });
    return type === 'offer' ? offerOf(reply) : answerOf(reply);
  }
}

/** The far side of such a proxy. */
export class RtpProxySlave implements MediaSession {
  readonly #master: RtpProxyMaster;
  readonly #kind: SdpType;
  readonly #sink: MediaSink;

  constructor(master: RtpProxyMaster, sink: MediaSink) {
    this.#master = master;
    this.#sink = sink;
    this.#kind = master.near === 'rtp' ? 'webrtc' : 'rtp';
    master.farSink.enter(sink);
  }

  makeOffer(): Promise<Description> {
    return this.#master.farOffer();
  }

  /** Returns the answer for the master. */
  acceptAnswer(answer: Description): Promise<Description> {
    return this.#master.accept(answer);
  }

  addCandidates(candidates: readonly Candidate[]): Promise<void> {
    return addCandidates(this.#master, this.#kind, candidates);
  }

  endCandidates(): Promise<void> {
    return endCandidates(this.#master, this.#kind);
  }

  /** The handle is both sides': it goes with the master. */
  async close(): Promise<void> {
    this.#master.farSink.leave(this.#sink);
  }
}

class WebrtcSide extends OneHandle {}

async function addCandidates(
  { client }: RtpProxyMaster,
  kind: SdpType,
  candidates: readonly Candidate[],
): Promise<void> {
  if (kind === 'rtp') throw new PatchbayError('invalid_operation', 'an RTP side has no ICE candidates');
  await client.addCandidates(candidates);
}

async function endCandidates({ client }: RtpProxyMaster, kind: SdpType): Promise<void> {
  if (kind === 'webrtc') await client.endCandidates();
}

function generatedSdp({ data }: PluginReply): string {
  const reply = z.safeParse(generated, data);
  if (!reply.success) throw new PatchbayError('janus_error', 'Janus made no RTP description');
  return withOwnOrigin(reply.data.result.sdp);
}
