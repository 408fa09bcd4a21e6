import videoroom from 'janode/plugins/videoroom';
import * as z from 'zod/mini';
import { startCall } from '../../lib/client/index.ts';
import { until } from '../../test/support/until.ts';
import { newPeerConnection, openTone } from '../../test/support/wrtc.ts';
import { ask, type Bench, type Measured } from './measured.ts';

const roomList = z.object({ list: z.array(z.object({ room: z.string(), description: z.string() })) });
const participants = z.object({ participants: z.array(z.object({ id: z.string() })) });

/** `listen` to one publisher, the same in both ways, until Janus' offer is there. */
export async function listen({ client, janus }: Bench): Promise<Measured> {
  const tone = openTone();
  const { stream } = tone;
  const publisher = await startCall(client, { type: 'publish', stream, createPeerConnection: newPeerConnection });
  await until('the publisher is connected', () => publisher.peerConnection.connectionState === 'connected');

  // Janus knows room and publisher by other names than we do.
  const control = await janus.attach(videoroom);
  const { list } = roomList.parse((await ask(control, { request: 'list' })).plugindata?.data);
  const room = list.find(({ description }) => description.startsWith('patchbay '))?.room;
  const inside = participants.parse((await ask(control, { request: 'listparticipants', room })).plugindata?.data);
  const feed = inside.participants[0]?.id;
  await control.detach();
  return {
    name: 'listen, create to offer',
    ways: [
      {
        label: 'whole local stack',
        async run() {
          const { session_id } = await client.request('session/create', {
            type: 'listen',
            publisher_id: publisher.sessionId,
            wait_reply: true,
          });
          return () => client.request('session/destroy', { session_id });
        },
      },
      {
        label: 'janode: attach, join as subscriber',
        async run() {
          const handle = await janus.attach(videoroom);
          await ask(handle, { request: 'join', ptype: 'subscriber', room, streams: [{ feed }] });
          return () => handle.detach();
        },
      },
    ],
    async close() {
      await publisher.hangUp();
      tone.stop();
    },
  };
}
