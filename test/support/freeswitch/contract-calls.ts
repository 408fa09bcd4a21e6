import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type ContractWorld,
  contactUri,
  owner,
  reasonOf,
  rtpOffer,
  rtpOfferOf,
  webrtcOffer,
} from './contract-world.ts';
import { headerOf, methodOf, type SipHeader, statusOf } from './sip-message.ts';
import { SipWire } from './sip-wire.ts';

const room = (name: string, profile = 'video-mcu-stereo'): readonly SipHeader[] => [
  ['X-Patchbay-Room', name],
  ['X-Patchbay-Profile', profile],
];

export function callContract(world: () => ContractWorld): void {
  describe('calls that come', () => {
    test('answers with its contact, a tag and RTP, under the Call-ID as uuid', async () => {
      const { sip } = world();
      const { id, final } = await world().call('park');
      expect(await sip.response(100, 'INVITE', id)).toBeDefined();
      expect(contactUri(final)).toBe(`sip:park@127.0.0.1:${sip.remotePort};transport=tcp`);
      expect(headerOf(final, 'to')).toMatch(/;tag=./);
      expect(headerOf(final, 'content-type')).toBe('application/sdp');
      expect(final.body).toMatch(
        /^v=0\r\no=FreeSWITCH \d+ \d+ IN IP4 \S+\r\ns=FreeSWITCH\r\nc=IN IP4 127\.0\.0\.1\r\n/,
      );
      expect(final.body).toMatch(/m=audio \d+ RTP\/AVP 0\r\na=rtpmap:0 PCMU\/8000\r\n/);
      await world().expectRow(id, {
        direction: 'inbound',
        cid_num: owner,
        dest: 'park',
        application: 'park',
        state: 'CS_EXECUTE',
        callstate: 'ACTIVE',
      });
    });

    test('tells what becomes of a call in order', async () => {
      const { id } = await world().call('park');
      expect(
        world()
          .namesOf(id)
          .filter((name) => !name.startsWith('CHANNEL_EXECUTE')),
      ).toEqual(['CHANNEL_CREATE', 'CHANNEL_PROGRESS_MEDIA', 'CHANNEL_ANSWER', 'CHANNEL_PARK']);
    });

    test('joins a conference of the name and profile in the headers', async () => {
      const { id, final } = await world().call('mcu', { extra: room('r1'), settled: false });
      const { headers } = await world().joins(id);
      expect(Object.fromEntries(headers)).toMatchObject({
        'Conference-Name': 'r1',
        'Conference-Profile-Name': 'video-mcu-stereo',
      });
      expect(final.body).toContain('m=audio');
      await world().expectRow(id, {
        application: 'conference',
        application_data: 'r1@video-mcu-stereo',
      });
    });

    test.each([
      ['an unknown destination', 'nowhere', []],
      ['a conference without a name', 'mcu', []],
      ['a conference of a strange name', 'mcu', room('a@b')],
    ] as const)('declines %s', async (_, destination, extra) => {
      const final = await world().statusOf(destination, rtpOffer, extra);
      expect(final.startLine).toBe('SIP/2.0 603 Decline');
      expect(reasonOf(final)).toBe('Q.850;cause=21;text="CALL_REJECTED"');
    });

    test('answers WebRTC with WebRTC: of the other codec, active, with its own candidate', async () => {
      const { final } = await world().call('park', { sdp: webrtcOffer, settled: false });
      const { body } = final;
      expect(body).toMatch(/m=audio \d+ UDP\/TLS\/RTP\/SAVPF 111\r\na=rtpmap:111 opus\/48000\/2\r\n/);
      expect(body).toMatch(/m=video \d+ UDP\/TLS\/RTP\/SAVPF 96\r\n/);
      expect(body.match(/a=fingerprint:sha-256 [0-9A-F:]{95}\r\n/g)).toHaveLength(2);
      expect(body.match(/a=setup:active\r\na=rtcp-mux\r\n/g)).toHaveLength(2);
      expect(
        body.match(/a=ice-ufrag:\w+\r\na=ice-pwd:\w+\r\na=candidate:\d+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host/g),
      ).toHaveLength(2);
      expect(body).not.toMatch(/a=(group:BUNDLE|mid:|sendrecv)/);
    });

    test.each([
      ['no candidates', webrtcOffer.replace(/a=candidate.*\r\n/g, '')],
      ['names for addresses only', webrtcOffer.replace(/(a=candidate:\S+ 1 udp \d+) \S+/g, '$1 3f2a.local')],
      ['IPv6 candidates only', webrtcOffer.replace(/(a=candidate:\S+ 1 udp \d+) \S+/g, '$1 2001:db8::1')],
      ['candidates elsewhere only', webrtcOffer.replace(/(a=candidate:\S+ 1 udp \d+) \S+/g, '$1 203.0.113.9')],
      ['a codec that it has not', rtpOffer.replace(/AVP 0/, 'AVP 3').replace('0 PCMU', '3 GSM')],
    ])('does not accept an offer with %s', async (_, sdp) => {
      const final = await world().statusOf('park', sdp);
      expect(final.startLine).toBe('SIP/2.0 488 Not Acceptable Here');
      expect(reasonOf(final)).toBe('Q.850;cause=88;text="INCOMPATIBLE_DESTINATION"');
      const id = headerOf(final, 'call-id');
      await world().esl.event('CHANNEL_DESTROY', { 'Unique-ID': id, 'Hangup-Cause': 'INCOMPATIBLE_DESTINATION' });
      expect(await world().esl.api(`uuid_exists ${id}`)).toBe('false');
    });

    test('says what is wrong with what is no offer', async () => {
      expect((await world().statusOf('park', 'rubbish')).startLine).toBe('SIP/2.0 400 Bad Session Description');
      const none = await world().statusOf('park', '');
      expect(none.startLine).toBe('SIP/2.0 480 Temporarily Unavailable');
      expect(reasonOf(none)).toBe('Q.850;cause=96;text="MANDATORY_IE_MISSING"');
    });

    test('has no room for a second call under the same Call-ID, nor for any while it pauses', async () => {
      const { sip, esl } = world();
      const { id } = await world().call('park');
      const uri = `sip:park@127.0.0.1:${sip.remotePort};transport=tcp`;
      const other: readonly SipHeader[] = [
        ['From', '<sip:node1@127.0.0.1>;tag=other'],
        ['To', `<${uri}>`],
        ['Call-ID', id],
        ['CSeq', '1 INVITE'],
        ['Contact', sip.contact],
        ['Content-Type', 'application/sdp'],
      ];
      sip.request('INVITE', uri, other, rtpOffer);
      const full = await sip.response(503, 'INVITE', id);
      expect(full.startLine).toBe('SIP/2.0 503 Maximum Calls In Progress');
      expect(headerOf(full, 'retry-after')).toBe('300');
      expect(await esl.api('fsctl pause inbound')).toBe('+OK\n');
      expect((await world().statusOf('park', rtpOffer)).startLine).toBe('SIP/2.0 503 Maximum Calls In Progress');
      expect(await esl.api('fsctl resume inbound')).toBe('+OK\n');
      await world().call('park');
    });

    test('ends a call that its client ended, without a word more', async () => {
      const { sip, esl } = world();
      const { id, call } = await world().call('park');
      sip.bye(call);
      await sip.response(200, 'BYE', id);
      await esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': 'NORMAL_CLEARING' });
      await esl.event('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': id, 'Hangup-Cause': 'NORMAL_CLEARING' });
      await esl.event('CHANNEL_DESTROY', { 'Unique-ID': id });
      expect(sip.inbox.items.map(methodOf)).not.toContain('BYE');
    });

    test.each([
      ['', 'NORMAL_CLEARING', 16],
      ['USER_BUSY', 'USER_BUSY', 17],
      ['NONSENSE', 'NORMAL_CLEARING', 16],
    ])('uuid_kill %s ends a call with a BYE to the contact that it was given, for %s', async (given, cause, number) => {
      const { sip, esl } = world();
      const { id, final } = await world().call('park');
      expect(await esl.api(`uuid_kill ${id} ${given}`)).toBe('+OK\n');
      const bye = await sip.incoming('BYE', id);
      expect(bye.startLine).toBe(`BYE sip:pb-node@127.0.0.1:${sip.localPort};transport=tcp SIP/2.0`);
      expect(headerOf(bye, 'from')).toBe(headerOf(final, 'to'));
      expect(reasonOf(bye)).toBe(`Q.850;cause=${number};text="${cause}"`);
      await esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': cause });
      sip.respond(bye, '200 OK');
    });

    test('answers what belongs to no call', async () => {
      const { sip } = world();
      const headers = (method: string): readonly SipHeader[] => [
        ['From', '<sip:a@127.0.0.1>;tag=1'],
        ['To', `<sip:127.0.0.1>${method === 'BYE' ? ';tag=2' : ''}`],
        ['Call-ID', method],
        ['CSeq', `1 ${method}`],
      ];
      const uri = `sip:127.0.0.1:${sip.remotePort};transport=tcp`;
      sip.request('BYE', uri, headers('BYE'));
      expect((await sip.response(481, 'BYE')).startLine).toBe('SIP/2.0 481 Call Does Not Exist');
      sip.request('OPTIONS', uri, headers('OPTIONS'));
      await sip.response(200, 'OPTIONS');
    });

    test('keeps a call whose connection is gone', async () => {
      const { freeSwitch, esl } = world();
      const other = await SipWire.open(freeSwitch.sipPort);
      const { call } = await other.invite('park', rtpOffer);
      other.ack(call);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': call.callId });
      other.close();
      await esl.api(`uuid_transfer ${call.callId} echo inline`);
      await world().executes(call.callId, 'echo');
      expect(await esl.api(`uuid_exists ${call.callId}`)).toBe('true');
    });

    test('ends a call whose audio goes one way when its connection is gone and it is moved', async () => {
      const { freeSwitch, esl } = world();
      const other = await SipWire.open(freeSwitch.sipPort);
      const { call } = await other.invite('park', rtpOfferOf('recvonly'));
      other.ack(call);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': call.callId });
      other.close();
      await other.ended;
      await delay(100);
      await esl.api(`uuid_transfer ${call.callId} echo inline`);
      await esl.event('CHANNEL_HANGUP', { 'Unique-ID': call.callId, 'Hangup-Cause': 'NORMAL_TEMPORARY_FAILURE' });
    });

    test('sends its 200 again until it is acknowledged', async () => {
      const { sip } = world();
      const { call, final } = await sip.invite('park', rtpOffer);
      const again = await sip.response(200, 'INVITE', call.callId);
      expect(again).toEqual(final);
      expect(sip.inbox.atMs(again) - sip.inbox.atMs(final)).toBeGreaterThan(300);
      sip.ack(call);
    });
  });

  describe('audio that goes one way', () => {
    test.each([
      ['recvonly', 'sendonly', 0],
      ['sendonly', 'recvonly', 1],
      ['inactive', 'inactive', 0],
    ])('%s: invites anew at a transfer, sendonly each time, and not at a park', async (direction, answered, again) => {
      const { sip, esl } = world();
      const { id, final } = await world().call('park', { sdp: rtpOfferOf(direction) });
      expect(final.body).toContain(`a=${answered}\r\n`);
      await esl.api(`uuid_park ${id}`);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': id });
      expect(sip.inbox.items.filter((message) => methodOf(message) === 'INVITE')).toHaveLength(0);

      await esl.api(`uuid_transfer ${id} echo inline`);
      const reinvite = await sip.incoming('INVITE', id);
      expect(contactUri(reinvite)).toBe(contactUri(final));
      expect(reinvite.body).not.toMatch(/a=(sendonly|recvonly|inactive)/);
      world().accept(reinvite, rtpOfferOf(direction));
      await sip.incoming('ACK', id);
      await world().executes(id, 'echo');
      // The answer to the invitation takes its time.
      await delay(150);

      await esl.api(`uuid_transfer ${id} park inline`);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': id });
      await delay(100);
      const others = sip.inbox.items.filter((message) => methodOf(message) === 'INVITE').length - 1;
      expect(others).toBe(again);
    });

    test('ends the call when the new invitation is refused', async () => {
      const { sip, esl } = world();
      const { id } = await world().call('park', { sdp: rtpOfferOf('recvonly') });
      await esl.api(`uuid_transfer ${id} echo inline`);
      sip.respond(await sip.incoming('INVITE', id), '481 Call Does Not Exist');
      await sip.incoming('BYE', id);
      await esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': 'NORMAL_TEMPORARY_FAILURE' });
    });

    test('never invites anew a client that sends and receives', async () => {
      const { sip, esl } = world();
      const { id } = await world().call('park');
      for (const application of ['echo', 'conference:r2@silent', 'park']) {
        await esl.api(`uuid_transfer ${id} ${application} inline`);
        await world().executes(id, application.split(':')[0] ?? '');
      }
      expect(sip.inbox.items.filter((message) => methodOf(message) === 'INVITE')).toHaveLength(0);
      expect(sip.inbox.items.map(statusOf)).not.toContain(488);
    });
  });
}
