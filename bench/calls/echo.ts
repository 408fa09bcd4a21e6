import echotest from 'janode/plugins/echotest';
import { ask, type Bench, type Measured } from './measured.ts';

/** `echo`, until its answer is there. */
export const echo = async ({ client, janus, offer }: Bench): Promise<Measured> => ({
  name: 'echo, create to answer',
  ways: [
    {
      label: 'whole local stack',
      async run() {
        const { session_id } = await client.request('session/create', {
          type: 'echo',
          offer: { sdp: offer },
          wait_reply: true,
        });
        return () => client.request('session/destroy', { session_id });
      },
    },
    {
      label: 'janode: attach, offer',
      async run() {
        const handle = await janus.attach(echotest);
        await ask(handle, { audio: true, video: true }, { type: 'offer', sdp: offer });
        return () => handle.detach();
      },
    },
  ],
});
