import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ContractWorld, rtpOffer, rtpOfferOf } from '../support/freeswitch/contract-world.ts';
import { EslWire } from '../support/freeswitch/esl-wire.ts';
import {
  type DoubleOptions,
  type FreeSwitchDouble,
  startFreeSwitchDouble,
} from '../support/freeswitch/freeswitch-double.ts';
import { methodOf } from '../support/freeswitch/sip-message.ts';
import { SipWire } from '../support/freeswitch/sip-wire.ts';
import { until } from '../support/until.ts';

const timing = { listMs: { from: 1, to: 2 }, t1Ms: 10 };

describe('a double of FreeSWITCH that a test steers', () => {
  let double: FreeSwitchDouble;
  let world: ContractWorld;
  const start = async (options: DoubleOptions = {}) => {
    double = await startFreeSwitchDouble(options);
    world = await ContractWorld.open(double);
  };
  beforeEach(() => start({ timing }));
  afterEach(() => double.stop());

  test('fails the next command that fits, and only that one', async () => {
    const { id } = await world.call('park');
    double.failNext(/^api uuid_transfer/, '-ERR No such channel!\n');
    expect(await world.esl.api(`uuid_transfer ${id} echo inline`)).toBe('-ERR No such channel!\n');
    expect(double.channels()[0]?.application).toBe('park');
    await world.esl.api(`uuid_transfer ${id} echo inline`);
    await world.executes(id, 'echo');
  });

  test('says +OK to a command whose effect never comes', async () => {
    const { id } = await world.call('park');
    double.failNext('uuid_park', '+OK\n');
    expect(await world.esl.api(`uuid_park ${id}`)).toBe('+OK\n');
    await expect(world.esl.event('CHANNEL_PARK', { 'Unique-ID': id }, 200)).rejects.toThrow('not within 200 ms');
  });

  test('answers a bgapi and an INVITE as it is told', async () => {
    double.failNext('bgapi originate', '-ERR USER_BUSY\n');
    expect(await (await world.originate('')).outcome()).toBe('-ERR USER_BUSY\n');
    double.failNext('INVITE sip:park@', '486 Busy Here');
    expect((await world.statusOf('park', rtpOffer)).startLine).toBe('SIP/2.0 486 Busy Here');
    expect(double.channels()).toEqual([]);
  });

  test('delays a command, and those behind it', async () => {
    double.delayNext('api version', 150);
    const startedAtMs = performance.now();
    await Promise.all([world.esl.api('version'), world.esl.api('status')]);
    expect(performance.now() - startedAtMs).toBeGreaterThan(140);
  });

  test('lets a delayed INVITE be cancelled', async () => {
    double.delayNext('INVITE', 5000);
    const { sip } = world;
    const callId = 'slow';
    const final = sip.invite('park', rtpOffer, { callId });
    await sip.response(100, 'INVITE', callId);
    sip.request('CANCEL', `sip:park@127.0.0.1:${double.sipPort};transport=tcp`, [
      ['From', '<sip:node1@127.0.0.1>;tag=slow'],
      ['To', '<sip:park@127.0.0.1>'],
      ['Call-ID', callId],
      ['CSeq', '1 CANCEL'],
    ]);
    await sip.response(200, 'CANCEL', callId);
    expect((await final).final.startLine).toBe('SIP/2.0 487 Request Terminated');
    expect(double.channels()).toEqual([]);
  });

  test('tells one event late, so that others overtake it', async () => {
    const { id } = await world.call('park');
    double.delayEvent(/Event-Name: CHANNEL_EXECUTE\n[\s\S]*Application: echo/, 150);
    await world.esl.api(`uuid_transfer ${id} echo inline`);
    const executed = world.executes(id, 'echo');
    await until('it is in echo', () => double.channels()[0]?.application === 'echo');
    await world.esl.api(`uuid_park ${id}`);
    world.expectOrder(await world.esl.event('CHANNEL_PARK', { 'Unique-ID': id }), await executed);
  });

  test('tells the end of an old conference long after the beginning of a new one', async () => {
    await double.stop();
    await start({ timing: { ...timing, conferenceDestroyMs: { from: 200, to: 200 } } });
    const { id } = await world.call('park');
    const join = () => world.esl.api(`uuid_transfer ${id} conference:c@silent inline`);
    const told = (Action: string) => world.esl.event('conference::maintenance', { Action });
    await join();
    const first = await told('conference-create');
    await world.esl.api(`uuid_park ${id}`);
    await told('del-member');
    await join();
    const second = await told('conference-create');
    const destroyed = await told('conference-destroy');
    world.expectOrder(second, destroyed);
    expect(destroyed.headers.get('Conference-Unique-ID')).toBe(first.headers.get('Conference-Unique-ID'));
    expect(double.conferences().map(({ uuid }) => uuid)).toEqual([second.headers.get('Conference-Unique-ID')]);
  });

  test('keeps its calls when it drops connections', async () => {
    const { id } = await world.call('echo');
    double.dropEsl();
    double.dropSip();
    await Promise.all([world.esl.ended, world.sip.ended]);
    const esl = await EslWire.login(double.eslPort, double.password);
    expect(await esl.api(`uuid_exists ${id}`)).toBe('true');
    esl.close();
  });

  test('refuses new connections for a while, and keeps those that it has', async () => {
    const again = double.refuse(100);
    const socket = connect(double.eslPort, '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
    expect(await world.esl.api('uuid_exists a')).toBe('false');
    await again;
    (await EslWire.login(double.eslPort, double.password)).close();
    (await SipWire.open(double.sipPort)).close();
  });

  test('ends a call by itself, with a BYE and its cause', async () => {
    const { id } = await world.call('echo');
    double.hangup(id, 'MEDIA_TIMEOUT');
    await world.sip.incoming('BYE', id);
    await world.esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': 'MEDIA_TIMEOUT' });
    expect(() => double.hangup(id, 'MEDIA_TIMEOUT')).toThrow(id);
  });

  test('dies with all its calls, and comes back on the same ports as another', async () => {
    await world.call('echo');
    const before = await world.esl.api('global_getvar core_uuid');
    const ended = Promise.all([world.esl.ended, world.sip.ended]);
    await double.kill();
    await ended;
    await expect(EslWire.open(double.eslPort)).rejects.toThrow('ECONNREFUSED');
    await double.restart();
    world = await ContractWorld.open(double);
    expect(await world.esl.api('global_getvar core_uuid')).not.toBe(before);
    expect(await world.esl.api('show channels as json')).toBe('{"row_count": 0}\n');
  });

  test('ends when its last call has, if told to shut down elegantly', async () => {
    const { id } = await world.call('echo');
    expect(await world.esl.api('fsctl shutdown elegant')).toBe('+OK\n');
    expect((await world.statusOf('park', rtpOffer)).startLine).toBe('SIP/2.0 503 Maximum Calls In Progress');
    await world.esl.api(`uuid_kill ${id}`);
    await world.esl.ended;
  });

  test('logs what it received, and counts whom it invited anew', async () => {
    const { id } = await world.call('park', { sdp: rtpOfferOf('recvonly') });
    await world.esl.api(`uuid_transfer ${id} echo inline`);
    world.accept(await world.sip.incoming('INVITE', id), rtpOffer);
    await world.sip.incoming('ACK', id);
    expect(double.reinvites()).toBe(1);
    const texts = double.commands().map(({ via, text }) => `${via} ${text}`);
    expect(texts).toContain(`esl api uuid_transfer ${id} echo inline`);
    expect(texts).toContain(`sip INVITE sip:park@127.0.0.1:${double.sipPort};transport=tcp`);
    expect(texts).toContain('sip 200 INVITE');
  });

  test('gives a call up that nobody acknowledged, and one whose new invitation nobody answered', async () => {
    const { call } = await world.sip.invite('park', rtpOffer);
    await world.esl.event('CHANNEL_HANGUP', { 'Unique-ID': call.callId, 'Hangup-Cause': 'NORMAL_UNSPECIFIED' });
    await world.sip.incoming('BYE', call.callId);
    const { id } = await world.call('park', { sdp: rtpOfferOf('recvonly') });
    await world.esl.api(`uuid_transfer ${id} echo inline`);
    await world.esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': 'RECOVERY_ON_TIMER_EXPIRE' });
    await world.sip.incoming('BYE', id);
  });

  test('leaves the partner of a bridge in limbo when another command crosses it', async () => {
    const [a, b] = [(await world.call('park')).id, (await world.call('park')).id];
    await Promise.all([world.esl.api(`uuid_bridge ${a} ${b}`), world.esl.api(`uuid_transfer ${a} echo inline`)]);
    await world.executes(a, 'echo');
    await world.expectRow(b, { state: 'CS_RESET', application: 'park' });
    expect(world.sip.inbox.items.map(methodOf)).not.toContain('BYE');
    await world.esl.api(`uuid_park ${b}`);
    await world.esl.event('CHANNEL_PARK', { 'Unique-ID': b });
  });
});
