import { causeOfStatus, q850 } from './causes.ts';
import { Channel } from './channels.ts';
import type { Engine } from './engine.ts';
import { route } from './media.ts';
import type { Moves, Target } from './moves.ts';
import { RtpPort } from './rtp-port.ts';
import { hear, isSdp, offer } from './sdp.ts';
import { Dialog, nextCseq } from './sip-dialog.ts';
import { headerOf, type SipHeader, type SipMessage, statusOf, uriIn, userIn } from './sip-message.ts';
import { common, newTag } from './sip-server.ts';

export const originateUsage =
  '-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n';

export interface Originate {
  readonly variables: ReadonlyMap<string, string>;
  readonly profile: string;
  readonly uri: string;
  readonly target: Target;
}

/** `{a=b,c=d}sofia/PROFILE/sip:USER@HOST:PORT;transport=tcp &APPLICATION(DATA)`; `sip:` may be left out. */
export function parseOriginate(text: string): Originate | undefined {
  const [, list = '', profile = '', to, application = '', data = ''] =
    /^(?:\{([^}]*)\})?sofia\/([^/]+)\/(\S+) &([a-z_]+)(?:\(([^)]*)\))?/.exec(text) ?? [];
  if (to === undefined) return undefined;
  const uri = /^sips?:/.test(to) ? to : `sip:${to}`;
  const pairs = list.split(/,(?=(?:[^']*'[^']*')*[^']*$)/).flatMap((pair): [string, string][] => {
    const [, name, value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    return name === undefined ? [] : [[name, value.replaceAll("'", '')]];
  });
  return { variables: new Map(pairs), profile, uri, target: { application, data } };
}

/** Calls that FreeSWITCH makes: an INVITE with its offer, down the connection from which the client's port came. */
export class Outbound {
  readonly #engine: Engine;
  readonly #moves: Moves;

  constructor(engine: Engine, moves: Moves) {
    this.#engine = engine;
    this.#moves = moves;
  }

  /** @returns `+OK uuid` when it was answered, `-ERR cause` when it was not */
  async originate({ variables, profile, uri, target }: Originate): Promise<string> {
    const uuid = variables.get('origination_uuid') ?? crypto.randomUUID();
    if (profile !== 'internal') return '-ERR INVALID_PROFILE\n';
    if (this.#engine.channels.has(uuid)) return '-ERR DESTINATION_OUT_OF_ORDER\n';
    if (!this.#engine.admits('outbound')) return '-ERR DESTINATION_OUT_OF_ORDER\n';
    const channel = this.#channel(uuid, uri, variables);
    const rtp = await RtpPort.open((payload, type) => route(channel, payload, type));
    if (channel.place.at === 'gone') {
      rtp.close();
      return `-ERR ${channel.hangupCause ?? 'NORMAL_CLEARING'}\n`;
    }
    channel.rtp = rtp;
    channel.localSdp = offer(variables, { audio: rtp.port, video: rtp.port + 1 }, this.#engine.fingerprint);
    const { promise, resolve } = Promise.withResolvers<string>();
    channel.proceed = () => {
      channel.proceed = undefined;
      resolve(`+OK ${uuid}\n`);
      this.#moves.run(channel, target);
    };
    new OutboundCall(this.#engine, this.#moves, channel, uri).invite((cause) => resolve(`-ERR ${cause}\n`));
    return promise;
  }

  #channel(uuid: string, uri: string, variables: ReadonlyMap<string, string>): Channel {
    const { events, channels } = this.#engine;
    const name = `sofia/internal/${uri.replace(/^sip:/, '').replace(/;.*$/, '')}`;
    const cidNum = variables.get('origination_caller_id_number') ?? '0000000000';
    const own = new Map([['uuid', uuid], ['direction', 'outbound'], ...variables]);
    const channel = new Channel({ uuid, direction: 'outbound', cidNum, dest: userIn(uri), name, variables: own });
    channel.place = { at: 'ringing' };
    channels.set(uuid, channel);
    for (const event of ['CHANNEL_OUTGOING', 'CHANNEL_CREATE', 'CHANNEL_ORIGINATE']) events.channel(event, channel);
    channel.state = 'CS_CONSUME_MEDIA';
    return channel;
  }
}

/** The SIP side of one, until it is answered or has ended. */
class OutboundCall {
  readonly #engine: Engine;
  readonly #moves: Moves;
  readonly #channel: Channel;
  readonly #uri: string;
  readonly #cseq = nextCseq();
  readonly #callId = crypto.randomUUID() as string;
  readonly #local: string;
  readonly #contact: string;
  #branch: string | undefined;
  #provisional = false;
  #final = false;

  constructor(engine: Engine, moves: Moves, channel: Channel, uri: string) {
    this.#engine = engine;
    this.#moves = moves;
    this.#channel = channel;
    this.#uri = uri;
    this.#local = `<sip:${channel.cidNum}@127.0.0.1>;tag=${newTag()}`;
    this.#contact = `<sip:mod_sofia@127.0.0.1:${engine.sip.port};transport=tcp>`;
  }

  invite(failed: (cause: string) => void): void {
    const { timers, sip } = this.#engine;
    const channel = this.#channel;
    const ms = Number(channel.variables.get('originate_timeout') ?? 60) * 1000;
    const late = timers.later({ from: ms, to: ms }, () => this.#moves.hangup(channel, 'NO_ANSWER'));
    channel.ended = (cause) => {
      late();
      failed(cause);
      this.#cancel(cause);
    };
    const given = [...channel.variables].filter(([name]) => name.startsWith('sip_h_'));
    const headers: readonly SipHeader[] = [
      ...this.#headers('INVITE', `<${this.#uri}>`),
      ...common,
      ['Content-Type', 'application/sdp'],
      ['Content-Disposition', 'session'],
      ...given.map(([name, value]): SipHeader => [name.slice('sip_h_'.length), value]),
      ['Remote-Party-ID', `<sip:${channel.cidNum}@127.0.0.1>;party=calling;screen=yes;privacy=off`],
    ];
    const hear = (response: SipMessage) => this.#hear(response, late);
    this.#branch = sip.request('INVITE', this.#uri, headers, { body: channel.localSdp, hear });
    if (this.#branch === undefined) this.#moves.hangup(channel, 'NORMAL_TEMPORARY_FAILURE');
  }

  #hear(response: SipMessage, late: () => void): void {
    const status = statusOf(response) ?? 0;
    const channel = this.#channel;
    if (status < 200) {
      this.#provisional = true;
      if (status === 100 || channel.callState !== 'DOWN' || channel.place.at !== 'ringing') return;
      this.#engine.events.channel('CHANNEL_PROGRESS', channel);
      channel.callState = 'RINGING';
      return;
    }
    const first = !this.#final;
    this.#final = true;
    if (status >= 300) {
      const branch = this.#branch === undefined ? {} : { branch: this.#branch };
      this.#engine.sip.request('ACK', this.#uri, this.#headers('ACK', headerOf(response, 'to')), branch);
      this.#moves.hangup(channel, causeOfStatus(status));
      return;
    }
    const target = uriIn(headerOf(response, 'contact'));
    const ends = {
      callId: this.#callId,
      local: this.#local,
      remote: headerOf(response, 'to'),
      target,
      contact: this.#contact,
    };
    this.#engine.sip.request('ACK', target, this.#headers('ACK', ends.remote));
    if (!first) return;
    late();
    this.#answered(response.body, new Dialog(this.#engine.sip, ends));
  }

  #answered(sdp: string, dialog: Dialog): void {
    const channel = this.#channel;
    // It was given up while the answer was on its way.
    if (channel.place.at === 'gone') {
      dialog.bye(q850(channel.hangupCause ?? 'NORMAL_CLEARING'));
      return;
    }
    channel.dialog = dialog;
    const heard = hear(sdp, this.#engine.settings.allowsCandidate);
    if (!heard && isSdp(sdp)) {
      this.#moves.hangup(channel, 'INCOMPATIBLE_DESTINATION');
      return;
    }
    if (!heard) {
      dialog.bye('SIP;cause=488;text="Incomplete offer/answer"');
      this.#moves.hangup(channel, 'NORMAL_CLEARING', { bye: false });
      return;
    }
    channel.ended = undefined;
    channel.media = heard.kind;
    channel.hasVideo = heard.videoCodec !== undefined;
    channel.oneWay = heard.direction !== 'sendrecv';
    if (heard.kind === 'rtp') channel.rtp?.sendTo({ ip: heard.address, port: heard.audio.port });
    if (channel.place.at === 'ringing') channel.place = { at: 'answering' };
    this.#moves.answered(channel);
    channel.proceed?.();
  }

  /** Before any response came there is nothing to cancel yet; whatever comes later is ended then. */
  #cancel(cause: string): void {
    if (!this.#provisional || this.#final || this.#branch === undefined) return;
    const headers: readonly SipHeader[] = [...this.#headers('CANCEL', `<${this.#uri}>`), ['Reason', q850(cause)]];
    this.#engine.sip.request('CANCEL', this.#uri, headers, { branch: this.#branch });
  }

  #headers(method: string, remote: string): readonly SipHeader[] {
    return [
      ['From', this.#local],
      ['To', remote],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#cseq} ${method}`],
      ['Contact', this.#contact],
    ];
  }
}
