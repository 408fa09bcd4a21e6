import { describe, expect, test } from 'vitest';
import { type ContractWorld, owner, reasonOf, rtpOffer, webrtcAnswer } from './contract-world.ts';
import { EslWire } from './esl-wire.ts';
import { headerOf, methodOf } from './sip-message.ts';

const rtp = 'originate_timeout=10,absolute_codec_string=PCMU';
const webrtc = 'originate_timeout=10,media_webrtc=true,absolute_codec_string=^^:OPUS:PCMU:VP8,video_possible=true';

export function originateContract(world: () => ContractWorld): void {
  describe('calls that it makes', () => {
    test('come down the connection of the port that they name, with what was given to them', async () => {
      const { sip } = world();
      const { id } = await world().originate(`${rtp},sip_h_X-Session-Id=s1`);
      const invite = await sip.incoming('INVITE');
      expect(invite.startLine).toBe(`INVITE sip:pb-node@127.0.0.1:${sip.localPort};transport=tcp SIP/2.0`);
      expect(headerOf(invite, 'x-session-id')).toBe('s1');
      expect(headerOf(invite, 'from')).toMatch(new RegExp(`^<sip:${owner}@127\\.0\\.0\\.1>;tag=`));
      expect(headerOf(invite, 'contact')).toBe(`<sip:mod_sofia@127.0.0.1:${sip.remotePort};transport=tcp>`);
      expect(headerOf(invite, 'call-id')).not.toBe(id);
      expect(invite.body).toMatch(/m=audio \d+ RTP\/AVP 0 101\S*/);
      expect(invite.body).not.toMatch(/m=video|fingerprint/);
      await world().expectRow(id, {
        direction: 'outbound',
        cid_num: owner,
        dest: 'pb-node',
        callstate: 'DOWN',
      });
      sip.respond(invite, '486 Busy Here');
    });

    test('offer WebRTC where that is asked for', async () => {
      const { sip } = world();
      await world().originate(webrtc);
      const invite = await sip.incoming('INVITE');
      expect(invite.body).toMatch(/m=audio \d+ RTP\/SAVPF 102 0 /);
      expect(invite.body).toMatch(/m=video \d+ RTP\/SAVPF 103\r\n/);
      expect(invite.body.match(/a=setup:actpass\r\na=rtcp-mux\r\n/g)).toHaveLength(2);
      expect(invite.body.match(/a=candidate:\d+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host/g)).toHaveLength(2);
      sip.respond(invite, '486 Busy Here');
    });

    test('ring, are answered, acknowledged at the contact, and then are where they were to go', async () => {
      const { esl, sip } = world();
      const { id, outcome } = await world().originate(rtp);
      const invite = await sip.incoming('INVITE');
      sip.respond(invite, '180 Ringing', [['Contact', sip.contact]]);
      await esl.event('CHANNEL_PROGRESS', { 'Unique-ID': id });
      await world().expectRow(id, { callstate: 'RINGING' });
      world().accept(invite, rtpOffer);
      expect((await sip.incoming('ACK')).startLine).toBe(
        `ACK sip:pb-node@127.0.0.1:${sip.localPort};transport=tcp SIP/2.0`,
      );
      const answered = await esl.event('CHANNEL_ANSWER', { 'Unique-ID': id });
      world().expectOrder(answered, await esl.event('CHANNEL_PARK', { 'Unique-ID': id }));
      expect(await outcome()).toBe(`+OK ${id}\n`);
    });

    test('keep the number of their caller only as the one that they began with', async () => {
      const { esl, sip } = world();
      const { id } = await world().originate(rtp);
      world().accept(await sip.incoming('INVITE'), rtpOffer);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': id });
      await world().expectRow(id, { cid_num: 'pb-node', initial_cid_num: owner, application: 'park' });
    });

    test.each([
      ['echo', '&echo()', ''],
      ['conference', '&conference(made@video-mcu-stereo)', 'made@video-mcu-stereo'],
    ])('go into %s', async (name, application, data) => {
      const { sip } = world();
      const { id } = await world().originate(rtp, { application });
      world().accept(await sip.incoming('INVITE'), rtpOffer);
      await world().executes(id, name);
      await world().expectRow(id, { application: name, application_data: data });
    });

    test.each([
      ['486 Busy Here', 'USER_BUSY'],
      ['480 Temporarily Unavailable', 'NO_USER_RESPONSE'],
      ['404 Not Found', 'UNALLOCATED_NUMBER'],
      ['487 Request Terminated', 'ORIGINATOR_CANCEL'],
      ['488 Not Acceptable Here', 'INCOMPATIBLE_DESTINATION'],
      ['503 Service Unavailable', 'NORMAL_TEMPORARY_FAILURE'],
      ['603 Decline', 'CALL_REJECTED'],
    ])('that are answered with %s end for %s', async (status, cause) => {
      const { esl, sip } = world();
      const { id, outcome } = await world().originate(rtp);
      sip.respond(await sip.incoming('INVITE'), status);
      await sip.incoming('ACK');
      await esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': cause });
      expect(await outcome()).toBe(`-ERR ${cause}\n`);
    });

    test('are cancelled when nobody answers in time', async () => {
      const { sip } = world();
      const { outcome } = await world().originate('originate_timeout=2,absolute_codec_string=PCMU');
      const invite = await sip.incoming('INVITE');
      sip.respond(invite, '100 Trying');
      expect(await outcome()).toBe('-ERR NO_ANSWER\n');
      const cancel = await sip.incoming('CANCEL');
      expect(reasonOf(cancel)).toBe('Q.850;cause=19;text="NO_ANSWER"');
      expect(headerOf(cancel, 'via')).toBe(headerOf(invite, 'via'));
      sip.respond(cancel, '200 OK');
      sip.respond(invite, '487 Request Terminated');
      await sip.incoming('ACK');
    });

    test('are cancelled by uuid_kill; an answer that crosses it is acknowledged and ended', async () => {
      const { esl, sip } = world();
      const { id, outcome } = await world().originate(rtp);
      const invite = await sip.incoming('INVITE');
      sip.respond(invite, '180 Ringing', [['Contact', sip.contact]]);
      await esl.event('CHANNEL_PROGRESS', { 'Unique-ID': id });
      expect(await esl.api(`uuid_kill ${id}`)).toBe('+OK\n');
      expect(await outcome()).toBe('-ERR NORMAL_CLEARING\n');
      await sip.incoming('CANCEL');
      world().accept(invite, rtpOffer);
      await sip.incoming('ACK');
      await sip.incoming('BYE');
    });

    test('are not cancelled as long as there was no response at all', async () => {
      const { sip } = world();
      const { id, outcome } = await world().originate(rtp);
      const invite = await sip.incoming('INVITE');
      await world().esl.api(`uuid_kill ${id}`);
      expect(await outcome()).toBe('-ERR NORMAL_CLEARING\n');
      expect(sip.inbox.items.map(methodOf)).not.toContain('CANCEL');
      sip.respond(invite, '486 Busy Here');
      await sip.incoming('ACK');
    });

    test('go on before the answer when uuid_audio comes too early', async () => {
      const { esl, sip } = world();
      const { id, outcome } = await world().originate(rtp);
      const invite = await sip.incoming('INVITE');
      sip.respond(invite, '180 Ringing', [['Contact', sip.contact]]);
      await esl.event('CHANNEL_PROGRESS', { 'Unique-ID': id });
      expect(await esl.api(`uuid_audio ${id} start read mute 1`)).toBe('+OK\n');
      expect(await outcome()).toBe(`+OK ${id}\n`);
      const parked = await esl.event('CHANNEL_PARK', { 'Unique-ID': id });
      expect(parked.headers.get('Answer-State')).not.toBe('answered');
      world().accept(invite, rtpOffer);
      world().expectOrder(parked, await esl.event('CHANNEL_ANSWER', { 'Unique-ID': id }));
    });

    test('fail where there is no connection', async () => {
      const { outcome } = await world().originate(rtp, { port: 9 });
      expect(await outcome()).toBe('-ERR NORMAL_TEMPORARY_FAILURE\n');
    });

    test('fail under the uuid of a call that lives', async () => {
      const { id } = await world().call('park');
      const { outcome } = await world().originate(rtp, { id });
      expect(await outcome()).toBe('-ERR DESTINATION_OUT_OF_ORDER\n');
      expect(await world().esl.api(`uuid_exists ${id}`)).toBe('true');
    });

    test('end when a WebRTC answer has no candidate that media may go to', async () => {
      const { sip } = world();
      const { outcome } = await world().originate(webrtc);
      world().accept(await sip.incoming('INVITE'), webrtcAnswer.replace(/a=candidate.*\r\n/g, ''));
      await sip.incoming('ACK');
      await sip.incoming('BYE');
      expect(await outcome()).toBe('-ERR INCOMPATIBLE_DESTINATION\n');
    });

    test('take a WebRTC answer with the one candidate that stands for every client', async () => {
      const { esl, sip } = world();
      const { id, outcome } = await world().originate(webrtc);
      world().accept(await sip.incoming('INVITE'), webrtcAnswer);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': id });
      expect(await outcome()).toBe(`+OK ${id}\n`);
    });

    test('end when the answer is none', async () => {
      const { sip } = world();
      const { outcome } = await world().originate(rtp);
      world().accept(await sip.incoming('INVITE'), 'v=0\r\n');
      await sip.incoming('ACK');
      expect(reasonOf(await sip.incoming('BYE'))).toBe('SIP;cause=488;text="Incomplete offer/answer"');
      expect(await outcome()).toBe('-ERR NORMAL_CLEARING\n');
    });

    test('are not acknowledged at a contact without a port, but believed', async () => {
      const { esl, sip } = world();
      const { id } = await world().originate(rtp);
      world().accept(await sip.incoming('INVITE'), rtpOffer, '<sip:pb-node@127.0.0.1;transport=tcp>');
      await esl.event('CHANNEL_PARK', { 'Unique-ID': id });
      expect(sip.inbox.items.map(methodOf)).not.toContain('ACK');
    });

    test('hold up their connection when asked for by api', async () => {
      const { sip, freeSwitch } = world();
      const esl = await EslWire.login(freeSwitch.eslPort, freeSwitch.password);
      const uri = `sip:pb-node@127.0.0.1:${sip.localPort};transport=tcp`;
      const outcome = esl.api(`originate {${rtp}}sofia/internal/${uri} &park()`);
      const later = esl.api('uuid_exists a');
      const invite = await sip.incoming('INVITE');
      expect(await Promise.race([later, new Promise((resolve) => setTimeout(resolve, 200, 'nothing'))])).toBe(
        'nothing',
      );
      sip.respond(invite, '486 Busy Here');
      expect(await outcome).toBe('-ERR USER_BUSY\n');
      expect(await later).toBe('false');
      esl.close();
    });
  });
}
