import wrtc from '@roamhq/wrtc';
import janode from 'janode';
import { PatchbayClient } from '../lib/client/client.ts';
import { startTestStack } from '../test/support/stack.ts';
import { echo } from './calls/echo.ts';
import { listen } from './calls/listen.ts';
import type { Bench } from './calls/measured.ts';
import { proxy, proxyToRtp } from './calls/proxy.ts';
import { publish } from './calls/publish.ts';
import { compare, machine } from './support.ts';

/**
 * How long a caller waits for the SDP of a new call: through the whole local stack (WebSocket, route, handler, node,
 * record, Janus and back), and by janode with the same plugin requests straight to the same Janus, in turn. What was
 * made is freed between the measured calls, unmeasured.
 *
 * Usage: npm run bench -- [rounds]
 */

janode.Logger.setLevel('none');

const rounds = Number(process.argv[2] ?? 300);

const stack = await startTestStack();
const client = new PatchbayClient({ url: stack.api });
await client.connect();
const connection = await janode.connect({ address: { url: stack.janus.url } });
const janus = await connection.create(10);
const bench: Bench = { client, janus, offer: await audioVideoOffer() };

console.log(machine());
for (const prepare of [echo, publish, listen, proxy, proxyToRtp]) await compare(await prepare(bench), rounds);

await client.close();
await janus.destroy();
await connection.close();
await stack.stop();
process.exit(0);

async function audioVideoOffer(): Promise<string> {
  const peer = new wrtc.RTCPeerConnection();
  peer.addTransceiver('audio');
  peer.addTransceiver('video');
  await peer.setLocalDescription(await peer.createOffer());
  const text = peer.localDescription?.sdp ?? '';
  peer.close();
  return text;
}
