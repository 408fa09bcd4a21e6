import type { PatchbayClient } from '../../lib/client/index.ts';
import { rtpEnd, WebrtcEnd } from './call-ends.ts';
import type { Ends } from './call-kinds.ts';
import { janusHandles } from './janus-admin.ts';
import { openRtpEndpoint, type RtpEndpoint } from './rtp-endpoint.ts';
import { startTestStack, type TestStack } from './stack.ts';
import { until } from './until.ts';
import { connectClient, openTone } from './wrtc.ts';

/** A stack, a client of it, and media ends in this process. */
export interface CallBench {
  readonly stack: TestStack;
  readonly client: PatchbayClient;
  readonly phones: readonly RtpEndpoint[];
  ends(options?: { readonly trickles?: boolean }): Ends;
  /** Waits until Janus holds nothing any more; rooms, which outlive their calls, are destroyed. */
  nothingIsLeft(): Promise<void>;
  stop(): Promise<void>;
}

export async function startCallBench(env: Readonly<Record<string, string>> = {}): Promise<CallBench> {
  const stack = await startTestStack(env);
  const client = await connectClient(stack.api);
  const tone = openTone();
  const phones: RtpEndpoint[] = [];
  const webrtc: WebrtcEnd[] = [];
  return {
    stack,
    client,
    phones,
    ends: (options) => ({
      async webrtc() {
        const end = new WebrtcEnd(tone, options);
        webrtc.push(end);
        return end;
      },
      async rtp() {
        const phone = await openRtpEndpoint();
        phones.push(phone);
        return rtpEnd(phone);
      },
    }),
    async nothingIsLeft() {
      const { rooms } = await client.request('room/get_list', {});
      for (const { room_id } of rooms) await client.request('room/destroy', { room_id });
      await until('no handle is left', async () => (await janusHandles(stack.janus)).length === 0);
    },
    async stop() {
      tone.stop();
      for (const { peerConnection } of webrtc) peerConnection.close();
      for (const phone of phones) await phone.close();
      client.close();
      await stack.stop();
    },
  };
}
