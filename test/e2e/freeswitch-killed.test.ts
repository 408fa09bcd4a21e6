import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreeSwitchAddress, parseFreeSwitchUrl } from '../../lib/backends/freeswitch/url.ts';
import type { Call } from '../../lib/client/index.ts';
import { type BareClient, bareClient } from '../support/bare-client.ts';
import { rtpOffer } from '../support/freeswitch/contract-world.ts';
import { SipWire } from '../support/freeswitch/sip-wire.ts';
import { crowdSize, startCrowd } from '../support/freeswitch-crowd.ts';
import { Phone } from '../support/freeswitch-phones.ts';
import { engines, type FreeSwitchStack, startFreeSwitchStack } from '../support/freeswitch-stack.ts';
import { askAt, seenChannels } from '../support/freeswitch-view.ts';
import { faultyLives } from '../support/heard-events.ts';
import { grows, until } from '../support/until.ts';
import { openTone, rtpBytes, startEcho, type Tone } from '../support/wrtc.ts';

describe.each(engines)('during twenty calls on the %s', (engine) => {
  let on: FreeSwitchStack;
  let address: FreeSwitchAddress;
  let client: BareClient;
  let tone: Tone;
  let echo: Call;
  const phones: Phone[] = [];

  beforeAll(async () => {
    on = await startFreeSwitchStack(engine);
    address = parseFreeSwitchUrl(engine === 'double' ? on.double.url : (on.stack.freeswitch?.url ?? ''));
    client = await bareClient(on.stack.api);
    await client.request('subscribe', { subclass: 'room' }, 'event');
    while (phones.length < crowdSize) {
      phones.push(await Phone.open((cmd, data) => client.request(cmd, data), 250 + 60 * phones.length));
    }
    tone = openTone();
    echo = await startEcho(on.client, tone, { backend: 'janus' });
  });

  afterAll(async () => {
    await Promise.all(phones.map((phone) => phone.close()));
    tone?.stop();
    await client?.close();
    await on?.stop();
  });

  const ask = (command: string) => askAt(address)(command);
  const events = (subclass: string) => client.events.filter((event) => event.subclass === subclass);
  const ends = (subclass: string) => events(subclass).filter(({ type }) => type === 'destroyed');
  const isUp = async () => {
    const { nodes } = await on.client.request('node/get_list', {});
    return nodes.some((node) => node.engines.some(({ kind, up }) => kind === 'freeswitch' && up));
  };
  const janusGoesOn = () => grows('audio of the Janus call', () => rtpBytes(echo.peerConnection, 'inbound'), 1000);
  /** All hang up, and nothing is left of them. */
  async function clears(): Promise<void> {
    await Promise.all(phones.map((phone) => phone.tell('destroy')));
    await until('no channel is left', async () => (await seenChannels(ask)).length === 0);
    expect((await on.client.request('room/get_list', {})).rooms).toEqual([]);
  }
  /** New calls of all types work. */
  async function crowdIsServed(): Promise<void> {
    await startCrowd(phones);
    await Promise.all(phones.map((phone) => phone.isServed(phones)));
  }

  let lost: string[];
  let killedAtMs: number;
  const sinceMs = () => Math.round(performance.now() - killedAtMs);

  test('FreeSWITCH is killed: the engine is marked down, new calls are no_mediaserver, those of Janus go on', async () => {
    await crowdIsServed();
    lost = phones.map(({ sessionId }) => sessionId);
    killedAtMs = performance.now();
    if (engine === 'double') await on.double.kill();
    else process.kill(on.stack.freeswitch?.pid ?? 0, 'SIGKILL');
    const refused = async () => {
      const { result, data } = await client.request('create', { type: 'park', backend: 'freeswitch', sdp_type: 'rtp' });
      return result === 'error' && data;
    };
    expect(await until('a call is refused', refused, 1000)).toMatchObject({ reason: 'no_mediaserver' });
    const refusedMs = sinceMs();
    await until('the engine is marked down', async () => !(await isUp()), 2500);
    console.info(`${engine}: no_mediaserver after ${refusedMs} ms, marked down after ${sinceMs()} ms`);
    await janusGoesOn();
  });

  test('each of the calls is told fs_channel_stop within 10 s, once, and the rooms end', async () => {
    const own = () => ends('session').filter(({ obj_id }) => lost.includes(obj_id));
    await until('all are told', () => own().length >= crowdSize, 10_000 - sinceMs());
    console.info(`${engine}: all told after ${sinceMs()} ms`);
    expect(own().map(({ body }) => body.reason)).toEqual(Array(crowdSize).fill('fs_channel_stop'));
    await until('the rooms end', () => ends('room').length === 2);
    expect(faultyLives(client.events)).toEqual([]);
    const hangups = events('session').filter(({ type, body }) => type === 'status' && body.class === 'hangup');
    expect(hangups.map(({ obj_id }) => obj_id).filter((id) => lost.includes(id))).toHaveLength(crowdSize);
    expect((await on.client.request('session/get_list', {})).sessions.map(({ session_id }) => session_id)).toEqual([
      echo.sessionId,
    ]);
    expect((await on.client.request('room/get_list', {})).rooms).toEqual([]);
  });

  test('when it is back new calls of all types work, and Janus has noticed nothing', async () => {
    if (engine === 'double') await on.double.restart();
    await until('the engine is up', isUp, 20_000);
    console.info(`${engine}: up again after ${sinceMs()} ms`);
    await crowdIsServed();
    await clears();
    await janusGoesOn();
    expect(echo.ended).toBeUndefined();
  });

  test('the controller is killed: no channel of its is left, that of another node is, and new calls work', async () => {
    const sip = await SipWire.open(address.sipPort);
    const foreign = (await sip.invite('park', rtpOffer)).call;
    sip.ack(foreign);
    await crowdIsServed();
    lost = phones.map(({ sessionId }) => sessionId);
    killedAtMs = performance.now();
    process.kill(on.stack.controller.pid, 'SIGKILL');
    const isAlone = async () => {
      const there = await seenChannels(ask);
      return there.length === 1 && there[0]?.uuid === foreign.callId;
    };
    await until('only the channel of the other node is left', isAlone, 20_000);
    console.info(`${engine}: no channel without a session ${sinceMs()} ms after the controller's end`);
    await until('the engine is up', isUp, 20_000);
    expect((await on.client.request('session/get_list', {})).sessions).toEqual([]);
    expect((await on.client.request('room/get_list', {})).rooms).toEqual([]);
    for (const session_id of lost.slice(0, 3)) {
      expect((await client.request('get_info', { session_id })).data.reason).toBe('session_not_found');
    }
    await crowdIsServed();
    console.info(`${engine}: twenty new calls ${sinceMs()} ms after the controller's end`);
    expect((await seenChannels(ask)).map(({ uuid }) => uuid)).toContain(foreign.callId);
    sip.bye(foreign);
    await clears();
    sip.close();
  });
});
