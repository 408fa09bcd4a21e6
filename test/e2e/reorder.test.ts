import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatchbayEvent } from '../../lib/client/index.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { startP2p } from '../support/p2p.ts';
import { startTestStack } from '../support/stack.ts';
import { grows, stops, until } from '../support/until.ts';
import { connectClient, openTone, rtpBytes, startEcho, type Tone } from '../support/wrtc.ts';

/** The gateway delays and reorders messages, replies and events as Lambdas do it: whole calls must not notice. */

const seeds = Array.from({ length: 10 }, (_, at) => at + 1);
let tone: Tone;

beforeAll(() => {
  tone = openTone();
});

afterAll(() => tone?.stop());

describe.concurrent('messages overtake each other', () => {
  test.each(seeds)('whole calls work, through Janus and between peers, with seed %i', async (seed) => {
    const stack = await startTestStack({ PATCHBAY_REORDER_SEED: `${seed}` });
    try {
      const client = await connectClient(stack.api);
      const call = await startEcho(client, tone);
      const events: PatchbayEvent[] = [];
      call.onEvent((event) => events.push(event));
      const audioIn = () => rtpBytes(call.peerConnection, 'inbound');
      await grows('audio that comes back', audioIn, 1000);
      expect(await call.updateMedia({ mute_audio: true })).toEqual({ mute_audio: true });
      await stops('audio that comes back', audioIn, 500);
      expect(await call.updateMedia({ mute_audio: false })).toEqual({ mute_audio: false });
      await grows('audio that comes back', audioIn, 500);

      const destroyed = new Promise<PatchbayEvent>((resolve) =>
        client.onSessionEvent(call.sessionId, (event) => {
          if (event.type === 'destroyed') resolve(event);
        }),
      );
      await call.hangUp();
      expect((await destroyed).body).toMatchObject({ reason: 'user_stop' });
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
      expect((await client.request('session/get_list', {})).sessions).toEqual([]);
      await until('no handle is left', async () => (await janusHandles(stack.janus)).length === 0);

      const friend = await connectClient(stack.api);
      const { master, slave } = await startP2p([client, friend], [tone, tone]);
      for (const { peerConnection } of [master, slave]) {
        await grows('audio of the other', () => rtpBytes(peerConnection, 'inbound'), 1000);
      }
      await slave.hangUp();
      await until('both have ended', () => master.ended !== undefined && slave.ended !== undefined);
      expect(master.ended?.reason).toBe('peer_stopped');
      client.close();
      friend.close();
    } finally {
      await stack.stop();
    }
  });
});
