import wrtc from '@roamhq/wrtc';
import janode from 'janode';
import echotest from 'janode/plugins/echotest';
import { PatchbayClient } from '../lib/client/client.ts';
import { startTestStack } from '../test/support/stack.ts';
import { figures, machine, row, timed } from './support.ts';

/**
 * How long a caller waits for the answer of an echo call: through the whole local stack (WebSocket, route, handler,
 * node, record, Janus and back), and by janode straight to the same Janus, in turn. Handles and sessions are freed
 * between the measured calls, unmeasured.
 */

janode.Logger.setLevel('none');

const rounds = Number(process.argv[2] ?? 300);
const warmUp = 30;

const stack = await startTestStack();
const sdp = await audioVideoOffer();
const client = new PatchbayClient({ url: stack.api });
await client.connect();
const connection = await janode.connect({ address: { url: stack.janus.url } });
const session = await connection.create(10);

const throughStack: number[] = [];
const straight: number[] = [];
for (let round = 0; round < rounds + warmUp; round += 1) {
  const measured = round >= warmUp;
  const { session_id } = await timed(measured ? throughStack : [], () =>
    client.request('session/create', { type: 'echo', offer: { sdp }, wait_reply: true }),
  );
  await client.request('session/destroy', { session_id });
  const handle = await timed(measured ? straight : [], async () => {
    const attached = await session.attach(echotest);
    await attached.sendRequest({
      janus: 'message',
      body: { audio: true, video: true },
      jsep: { type: 'offer', sdp },
    });
    return attached;
  });
  await handle.detach();
}

const [stackFigures, straightFigures] = [figures(throughStack), figures(straight)];
console.log(machine());
console.log(row('create echo, wait_reply, whole local stack', stackFigures));
console.log(row('attach + offer, janode to the same Janus', straightFigures));
console.log(
  `ratio of p50 ${(stackFigures.p50 / straightFigures.p50).toFixed(2)}   of p95 ${(stackFigures.p95 / straightFigures.p95).toFixed(2)}`,
);

await client.close();
await session.destroy();
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
