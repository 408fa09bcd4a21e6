import wrtc from '@roamhq/wrtc';
import janode from 'janode';
import { PatchbayClient } from '../lib/client/client.ts';
import { startTestStack } from '../test/support/stack.ts';
import { echo } from './calls/echo.ts';
import { listen } from './calls/listen.ts';
import type { Bench, Measured } from './calls/measured.ts';
import { proxy, proxyToRtp } from './calls/proxy.ts';
import { publish } from './calls/publish.ts';
import { figures, machine, row, timed } from './support.ts';

/**
 * How long a caller waits for the SDP of a new call: through the whole local stack (WebSocket, route, handler, node,
 * record, Janus and back), and by janode with the same plugin requests straight to the same Janus, in turn. What was
 * made is freed between the measured calls, unmeasured.
 *
 * Usage: npm run bench -- [rounds]
 */

janode.Logger.setLevel('none');

const rounds = Number(process.argv[2] ?? 300);
const warmUp = 30;

const stack = await startTestStack();
const client = new PatchbayClient({ url: stack.api });
await client.connect();
const connection = await janode.connect({ address: { url: stack.janus.url } });
const janus = await connection.create(10);
const bench: Bench = { client, janus, offer: await audioVideoOffer() };

console.log(machine());
for (const prepare of [echo, publish, listen, proxy, proxyToRtp]) await measure(await prepare(bench));

await client.close();
await janus.destroy();
await connection.close();
await stack.stop();
process.exit(0);

async function measure(call: Measured): Promise<void> {
  const through: number[] = [];
  const straight: number[] = [];
  for (let round = 0; round < rounds + warmUp; round += 1) {
    const measured = round >= warmUp;
    const freeOurs = await timed(measured ? through : [], () => call.through());
    await freeOurs();
    const freeTheirs = await timed(measured ? straight : [], () => call.straight());
    await freeTheirs();
  }
  await call.close?.();
  const [ours, theirs] = [figures(through), figures(straight)];
  console.log(row(call.name, ours));
  console.log(row(`  janode: ${call.requests}`, theirs));
  console.log(`  ratio of p50 ${(ours.p50 / theirs.p50).toFixed(2)}   of p95 ${(ours.p95 / theirs.p95).toFixed(2)}`);
}

async function audioVideoOffer(): Promise<string> {
  const peer = new wrtc.RTCPeerConnection();
  peer.addTransceiver('audio');
  peer.addTransceiver('video');
  await peer.setLocalDescription(await peer.createOffer());
  const text = peer.localDescription?.sdp ?? '';
  peer.close();
  return text;
}
