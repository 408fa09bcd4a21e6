import { randomUUID } from 'node:crypto';
import videoroom from 'janode/plugins/videoroom';
import { ask, type Bench, type Measured } from './measured.ts';

/** `publish` into a room that is there, until its answer is there. */
export async function publish({ client, janus, offer }: Bench): Promise<Measured> {
  const { room_id } = await client.request('room/create', { class: 'sfu' });
  const control = await janus.attach(videoroom);
  const room = randomUUID();
  await ask(control, { request: 'create', room, audiocodec: 'opus', videocodec: 'vp8' });
  return {
    name: 'publish, create to answer',
    ways: [
      {
        label: 'whole local stack',
        async run() {
          const { session_id } = await client.request('session/create', {
            type: 'publish',
            room_id,
            offer: { sdp: offer },
            wait_reply: true,
          });
          return () => client.request('session/destroy', { session_id });
        },
      },
      {
        label: 'janode: attach, join with offer',
        async run() {
          const handle = await janus.attach(videoroom);
          const join = { request: 'joinandconfigure', ptype: 'publisher', room, id: randomUUID() };
          await ask(handle, join, { type: 'offer', sdp: offer });
          return () => handle.detach();
        },
      },
    ],
    async close() {
      await client.request('room/destroy', { room_id });
      await ask(control, { request: 'destroy', room });
      await control.detach();
    },
  };
}
