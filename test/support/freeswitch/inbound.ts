import { q850 } from './causes.ts';
import { Channel } from './channels.ts';
import type { Engine } from './engine.ts';
import { route } from './media.ts';
import type { Moves, Target } from './moves.ts';
import { RtpPort } from './rtp-port.ts';
import { answer, type Heard, hear, isSdp } from './sdp.ts';
import { Dialog } from './sip-dialog.ts';
import { headerOf, type SipHeader, uriIn, userIn } from './sip-message.ts';
import { common, newTag, type SipRequest } from './sip-server.ts';

const roomName = /^[A-Za-z0-9-]{1,64}$/;

/** Calls that a client makes: INVITE to a destination of the dialplan, with its offer. */
export class Inbound {
  readonly #engine: Engine;
  readonly #moves: Moves;
  /** INVITEs without a final response yet, by Call-ID. */
  readonly #pending = new Map<string, SipRequest>();

  constructor(engine: Engine, moves: Moves) {
    this.#engine = engine;
    this.#moves = moves;
  }

  async invite(request: SipRequest): Promise<void> {
    const { message, callId } = request;
    if (request.steered !== undefined) return request.respond(request.steered, common);
    if (this.#engine.channels.has(callId) || !this.#engine.admits('inbound')) {
      return request.respond('503 Maximum Calls In Progress', [...common, ['Retry-After', '300']]);
    }
    if (message.body === '') return reject(request, '480 Temporarily Unavailable', 'MANDATORY_IE_MISSING');
    if (!isSdp(message.body)) return request.respond('400 Bad Session Description', common);
    request.respond('100 Trying', [['User-Agent', 'patchbay']]);
    const channel = this.#channel(request);
    this.#pending.set(callId, request);
    if (request.delayMs > 0) await new Promise<void>((resolve) => this.#later(request.delayMs, resolve));
    if (this.#pending.delete(callId)) await this.#answer(request, channel);
  }

  /** True when there was something left to cancel. */
  cancel(callId: string): boolean {
    const request = this.#pending.get(callId);
    const channel = this.#engine.channels.get(callId);
    if (!request || !channel) return false;
    this.#pending.delete(callId);
    request.respond('487 Request Terminated', common);
    this.#moves.hangup(channel, 'ORIGINATOR_CANCEL');
    return true;
  }

  #channel({ message, callId }: SipRequest): Channel {
    const cidNum = userIn(uriIn(headerOf(message, 'from')));
    const dest = userIn(message.startLine.split(' ')[1] ?? '');
    const given = message.headers
      .filter(([name]) => name.startsWith('X-'))
      .map(([name, value]) => [`sip_h_${name}`, value] as const);
    const variables = new Map<string, string>([['uuid', callId], ['direction', 'inbound'], ...given]);
    const channel = new Channel({
      uuid: callId,
      direction: 'inbound',
      cidNum,
      dest,
      name: `sofia/internal/${cidNum}@127.0.0.1`,
      variables,
    });
    this.#engine.channels.set(callId, channel);
    this.#engine.events.channel('CHANNEL_CREATE', channel);
    channel.callState = 'RINGING';
    channel.state = 'CS_EXECUTE';
    return channel;
  }

  async #answer(request: SipRequest, channel: Channel): Promise<void> {
    const { events, settings, timers } = this.#engine;
    const target = targetOf(channel);
    if (!target) return this.#refuse(request, channel, '603 Decline', 'CALL_REJECTED');
    channel.application = 'answer';
    events.channel('CHANNEL_EXECUTE', channel, {}, { Application: 'answer' });
    const heard = hear(request.message.body, settings.allowsCandidate);
    if (!heard) return this.#refuse(request, channel, '488 Not Acceptable Here', 'INCOMPATIBLE_DESTINATION');
    await this.#accept(request, channel, heard, target.application === 'conference');
    if (channel.place.at !== 'answering') return;
    channel.answerState = 'early';
    events.channel('CHANNEL_PROGRESS_MEDIA', channel);
    channel.callState = 'EARLY';
    const media = { from: 0, to: 0 };
    timers.later(channel.media === 'webrtc' ? settings.timing.webrtcMediaMs : media, () => {
      // A command may have taken it elsewhere before the client's media was there.
      if (channel.place.at !== 'answering') return;
      this.#moves.answered(channel);
      events.channel(
        'CHANNEL_EXECUTE_COMPLETE',
        channel,
        {},
        { Application: 'answer', 'Application-Response': '_none_' },
      );
      this.#moves.run(channel, target);
    });
  }

  async #accept(request: SipRequest, channel: Channel, heard: Heard, focus: boolean): Promise<void> {
    const { engine, message } = { engine: this.#engine, message: request.message };
    channel.media = heard.kind;
    channel.hasVideo = heard.videoCodec !== undefined;
    channel.oneWay = heard.direction !== 'sendrecv';
    const rtp = await RtpPort.open((payload, type) => route(channel, payload, type));
    if (channel.place.at === 'gone') {
      rtp.close();
      request.respond('480 Temporarily Unavailable', common);
      return;
    }
    channel.rtp = rtp;
    if (heard.kind === 'rtp') rtp.sendTo({ ip: heard.address, port: heard.audio.port });
    channel.localSdp = answer(heard, { audio: rtp.port, video: rtp.port + 1 }, engine.fingerprint);
    const local = `${headerOf(message, 'to')};tag=${newTag()}`;
    const contact = `<sip:${channel.initialDest}@127.0.0.1:${engine.sip.port};transport=tcp>`;
    const target = uriIn(headerOf(message, 'contact'));
    channel.dialog = new Dialog(engine.sip, {
      callId: channel.uuid,
      local,
      remote: headerOf(message, 'from'),
      target,
      contact,
    });
    const headers: readonly SipHeader[] = [
      ['To', local],
      ['Contact', focus ? `${contact};isfocus` : contact],
      ...common,
      ['Accept', 'application/sdp'],
      ['Allow-Events', 'talk, hold, conference, refer'],
      ['Content-Type', 'application/sdp'],
      ['Content-Disposition', 'session'],
    ];
    this.#untilAck(channel, () => request.respond('200 OK', headers, channel.localSdp));
  }

  /** Sends the 200 again and again, as long as no ACK comes, and then gives the call up. */
  #untilAck(channel: Channel, send: () => void): void {
    const { t1Ms } = this.#engine.settings.timing;
    let stopped = false;
    const again = (afterMs: number, sinceMs: number) => {
      if (stopped) return;
      if (sinceMs >= 64 * t1Ms) {
        channel.dialog?.bye('SIP;cause=408;text="ACK Timeout"');
        return this.#moves.hangup(channel, 'NORMAL_UNSPECIFIED', { bye: false });
      }
      send();
      this.#later(afterMs, () => again(Math.min(afterMs * 2, 8 * t1Ms), sinceMs + afterMs));
    };
    channel.acknowledged = () => {
      stopped = true;
    };
    channel.ended = channel.acknowledged;
    again(t1Ms, 0);
  }

  #refuse(request: SipRequest, channel: Channel, status: string, cause: string): void {
    reject(request, status, cause);
    this.#moves.hangup(channel, cause);
  }

  #later(ms: number, what: () => void): void {
    this.#engine.timers.later({ from: ms, to: ms }, what);
  }
}

function reject(request: SipRequest, status: string, cause: string): void {
  request.respond(status, [...common, ['Accept', 'application/sdp'], ['Reason', q850(cause)]]);
}

/** The project's dialplan. */
function targetOf({ initialDest, variables }: Channel): Target | undefined {
  if (initialDest === 'park' || initialDest === 'echo') return { application: initialDest, data: '' };
  const room = variables.get('sip_h_X-Patchbay-Room') ?? '';
  const profile = variables.get('sip_h_X-Patchbay-Profile') ?? '';
  if (initialDest !== 'mcu' || !roomName.test(room) || !roomName.test(profile)) return undefined;
  return { application: 'conference', data: `${room}@${profile}` };
}
