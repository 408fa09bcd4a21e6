import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HearingEnd } from '../support/freeswitch-ends.ts';
import { engines, type FreeSwitchStack, startFreeSwitchStack } from '../support/freeswitch-stack.ts';
import { type Incoming, RawClient } from '../support/raw-client.ts';
import { sample, withId } from '../support/seeds.ts';
import { until } from '../support/until.ts';

/**
 * The FreeSWITCH document as one conversation of its samples: park, echo, bridge, mcu, layout, another type. Each is sent
 * as it is printed, but for its SDP; where the document has the server make a session's id that it uses later, that id is
 * given.
 */

const master = '54c1b637-36fb-70c2-8080-28f07603cda8';
const room_id = '41605362-3955-8f28-e371-38c9862f00d9';

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  const clients: RawClient[] = [];
  /** Of the sessions, by what they were made as. */
  const ends: Record<'park' | 'echo' | 'bridge' | 'mcu', HearingEnd | undefined> = {
    park: undefined,
    echo: undefined,
    bridge: undefined,
    mcu: undefined,
  };
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await world?.stop();
  });

  /** Sends a `create` on a connection of its own, and holds the reply against the sample of one. */
  async function create(type: keyof typeof ends, name: string, reply: string, change = (text: string) => text) {
    const client = await RawClient.connect(world.stack.api);
    clients.push(client);
    const end = await world.ends.webrtc();
    ends[type] = end;
    const answered = await client.exchange(change(await sample(name, await end.offer())));
    const printed = JSON.parse(await sample(reply));
    expect(answered).toMatchObject({ result: printed.result, tid: printed.tid });
    expect(Object.keys(answered.data ?? {})).toEqual(expect.arrayContaining(Object.keys(printed.data)));
    const { answer } = answered.data as { answer: { sdp: string } };
    expect(answer.sdp).toMatch(/^v=0\r\n(.*\r\n)*m=audio/);
    await end.takeAnswer(answer.sdp);
    return { client, data: answered.data ?? {} };
  }
  const info = async (client: RawClient) => (await client.request({ cmd: 'get_info', tid: 'info' })).data ?? {};
  const hearEachOther = async (one: HearingEnd | undefined, two: HearingEnd | undefined) => {
    if (!one || !two) throw new Error('they are not made');
    await Promise.all([one.hears(two.hz), two.hears(one.hz)]);
  };

  test('park is answered in the shape of its sample', async () => {
    const { client, data } = await create('park', 'freeswitch-01-request-start-park', 'freeswitch-02-reply', (text) =>
      withId(text, master),
    );
    expect(data.session_id).toBe(master);
    expect(await info(client)).toMatchObject({ type: 'park', backend: 'freeswitch', state: 'ready' });
  });

  test('echo, too: by whichever engine there is, and by FreeSWITCH where its name is given', async () => {
    const backends: readonly (readonly [name: string, asked: (text: string) => string])[] = [
      ['janus', (text) => text],
      ['freeswitch', (text) => text.replace('"type"', '"backend": "nkmedia_fs", "type"')],
    ];
    // Janus has media for real clients only.
    for (const [backend, asked] of engine === 'double' ? backends.slice(1) : backends) {
      const { client } = await create('echo', 'freeswitch-03-request-create-echo', 'freeswitch-02-reply', asked);
      expect(await info(client)).toMatchObject({ type: 'echo', backend, state: 'ready' });
      await ends.echo?.hears(ends.echo.hz);
    }
  });

  test('bridge connects with the session that its master_id names', async () => {
    const { client } = await create('bridge', 'freeswitch-04-request-create-bridge', 'freeswitch-02-reply');
    await until('both are bridged', async () => (await world.info({ sessionId: master })).type === 'bridge');
    await until('it knows its peer', async () => (await info(client)).peer_id === master);
    expect(await info(client)).toMatchObject({ type: 'bridge', type_ext: { peer_id: master } });
    await hearEachOther(ends.park, ends.bridge);
  });

  test('mcu joins the room that it names', async () => {
    const { client, data } = await create('mcu', 'freeswitch-05-request-start-mcu', 'freeswitch-06-reply');
    expect(data.room_id).toBe(room_id);
    expect(await info(client)).toMatchObject({ type: 'mcu', room_id });
  });

  test("update of the older kind changes the room's layout", async () => {
    const asked: Incoming = (await clients.at(-1)?.exchange(await sample('freeswitch-07-request-update'))) ?? {};
    expect(asked).toEqual({ result: 'ok', tid: 1 });
    expect(await world.client.request('room/get_info', { room_id })).toMatchObject({ layout: '2x2' });
  });

  test('and makes another type of the only session of its connection, answered as printed', async () => {
    const [first] = clients;
    expect(await first?.exchange(await sample('freeswitch-08-request-update'))).toEqual(
      JSON.parse(await sample('freeswitch-09-reply')),
    );
    expect(first && (await info(first))).toMatchObject({ type: 'mcu', room_id, type_ext: { room_id } });
    await hearEachOther(ends.park, ends.mcu);
    const { members } = await world.client.request('room/get_info', { room_id });
    expect(members).toHaveLength(2);
  });
});
