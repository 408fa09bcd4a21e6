import { randomUUID } from 'node:crypto';
import nosip from '../../lib/backends/janus/plugins/nosip.ts';
import videocall from '../../lib/backends/janus/plugins/videocall.ts';
import { ask, type Bench, type Free, type Measured } from './measured.ts';

/** `proxy` between two WebRTC clients, until the far side's offer is there. */
export const proxy = async ({ client, janus, offer }: Bench): Promise<Measured> => ({
  name: 'proxy, create to the far offer',
  ways: [
    { label: 'whole local stack', run: () => throughStack(client, offer, 'webrtc') },
    { label: 'janode: 2 × (attach, register), call', run: () => callStraight(janus, offer) },
  ],
});

async function callStraight(janus: Bench['janus'], offer: string): Promise<Free> {
  const [caller, callee] = await Promise.all([janus.attach(videocall), janus.attach(videocall)]);
  const called = new Promise((resolve) => callee.once(videocall.EVENT.VIDEOCALL_INCOMING, resolve));
  const username = randomUUID();
  await Promise.all([
    ask(caller, { request: 'register', username: randomUUID() }),
    ask(callee, { request: 'register', username }),
  ]);
  await Promise.all([ask(caller, { request: 'call', username }, { type: 'offer', sdp: offer }), called]);
  return () => Promise.all([caller.detach(), callee.detach()]);
}

/** `proxy` from a WebRTC client to plain RTP, until the far side's offer is there. */
export const proxyToRtp = async ({ client, janus, offer }: Bench): Promise<Measured> => ({
  name: 'proxy to rtp, create to the far offer',
  ways: [
    { label: 'whole local stack', run: () => throughStack(client, offer, 'rtp') },
    {
      label: 'janode: attach, generate',
      async run() {
        const handle = await janus.attach(nosip);
        await ask(handle, { request: 'generate' }, { type: 'offer', sdp: offer });
        return () => handle.detach();
      },
    },
  ],
});

async function throughStack(client: Bench['client'], offer: string, sdp_type: 'webrtc' | 'rtp') {
  const { session_id } = await client.request('session/create', { type: 'proxy', offer: { sdp: offer }, sdp_type });
  await client.request('session/get_proxy_offer', { session_id });
  return () => client.request('session/destroy', { session_id });
}
