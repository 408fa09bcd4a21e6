import { expect } from 'vitest';
import { openRtpEndpoint, type RtpEndpoint } from '../rtp-endpoint.ts';
import { chromiumOffer } from '../sdp.ts';
import { until } from '../until.ts';
import type { FreeSwitchUnderTest } from './contract.ts';
import { type EslEvent, EslWire } from './esl-wire.ts';
import { headerOf, type SipHeader, type SipMessage, uriIn } from './sip-message.ts';
import { type Call, SipWire } from './sip-wire.ts';

export const owner = 'node1';

export interface EstablishedCall {
  readonly id: string;
  readonly call: Call;
  readonly final: SipMessage;
}

/** Two connections to a FreeSWITCH, one of each kind, and what tests do with them. */
export class ContractWorld {
  readonly esl: EslWire;
  readonly sip: SipWire;
  readonly freeSwitch: FreeSwitchUnderTest;
  readonly #phones: RtpEndpoint[] = [];

  private constructor(freeSwitch: FreeSwitchUnderTest, esl: EslWire, sip: SipWire) {
    this.freeSwitch = freeSwitch;
    this.esl = esl;
    this.sip = sip;
  }

  static async open(freeSwitch: FreeSwitchUnderTest): Promise<ContractWorld> {
    const esl = await EslWire.login(freeSwitch.eslPort, freeSwitch.password);
    expect(await esl.reply('event plain ALL')).toBe('+OK event listener enabled plain');
    return new ContractWorld(freeSwitch, esl, await SipWire.open(freeSwitch.sipPort));
  }

  /** Leaves nothing behind. */
  async close(): Promise<void> {
    await this.esl.api('hupall');
    await until('no channel is left', async () => (await this.rows()).length === 0);
    await until('no conference is left', async () => (await this.esl.api('conference json_list')) === '[]');
    this.esl.close();
    this.sip.close();
    await Promise.all(this.#phones.map((phone) => phone.close()));
  }

  async phone(hz?: number): Promise<RtpEndpoint> {
    const phone = await openRtpEndpoint(hz);
    this.#phones.push(phone);
    return phone;
  }

  /** Calls a destination, acknowledges the answer, and waits until the call is where it was to go. */
  async call(
    destination: string,
    { sdp = rtpOffer, extra = [] as readonly SipHeader[], settled = true } = {},
  ): Promise<EstablishedCall> {
    const { call, final } = await this.sip.invite(destination, sdp, { extra });
    expect(final.startLine).toBe('SIP/2.0 200 OK');
    this.sip.ack(call);
    const id = call.callId;
    if (settled && destination === 'park') await this.esl.event('CHANNEL_PARK', { 'Unique-ID': id });
    if (settled && destination === 'echo') await this.executes(id, 'echo');
    if (settled && destination === 'mcu') await this.joins(id);
    return { id, call, final };
  }

  executes(id: string, application: string): Promise<EslEvent> {
    return this.esl.event('CHANNEL_EXECUTE', { 'Unique-ID': id, Application: application });
  }

  joins(id: string): Promise<EslEvent> {
    return this.esl.event('conference::maintenance', { 'Unique-ID': id, Action: 'add-member' });
  }

  async rows(): Promise<readonly Readonly<Record<string, string>>[]> {
    const { rows = [] } = JSON.parse(await this.esl.api('show channels as json')) as {
      rows?: Record<string, string>[];
    };
    return rows;
  }

  /** That the list shows a channel so, sooner or later: it is some 180 ms behind. */
  async expectRow(id: string, wanted: Readonly<Record<string, string>>): Promise<void> {
    let row: Readonly<Record<string, string>> | undefined;
    const there = async () => {
      row = (await this.rows()).find(({ uuid }) => uuid === id);
      return Object.entries(wanted).every(([name, value]) => row?.[name] === value);
    };
    await until('the list shows it', there, 2000).catch(() => expect(row).toMatchObject(wanted));
  }

  /** Starts an originate towards this connection; its INVITE and the outcome are for the caller to wait for. */
  async originate(
    variables: string,
    { application = '&park()', port = this.sip.localPort, id = crypto.randomUUID() as string } = {},
  ): Promise<{ readonly id: string; readonly outcome: (timeoutMs?: number) => Promise<string> }> {
    const job = crypto.randomUUID();
    const all = [`origination_uuid=${id}`, `origination_caller_id_number=${owner}`, variables]
      .filter(Boolean)
      .join(',');
    const uri = `sip:pb-node@127.0.0.1:${port};transport=tcp`;
    const reply = await this.esl.reply(
      `bgapi originate {${all}}sofia/internal/${uri} ${application}\nJob-UUID: ${job}`,
    );
    expect(reply).toBe(`+OK Job-UUID: ${job}`);
    const outcome = async (timeoutMs?: number) =>
      (await this.esl.event('BACKGROUND_JOB', { 'Job-UUID': job }, timeoutMs)).body;
    return { id, outcome };
  }

  accept(invite: SipMessage, sdp: string, contact = this.sip.contact): void {
    this.sip.respond(
      invite,
      '200 OK',
      [
        ['Contact', contact],
        ['Content-Type', 'application/sdp'],
      ],
      sdp,
    );
  }

  /** Whether, and with what, an INVITE was answered. */
  async statusOf(destination: string, sdp: string, extra: readonly SipHeader[] = []): Promise<SipMessage> {
    return (await this.sip.invite(destination, sdp, { extra })).final;
  }

  /** Names of the events of a channel so far, those that are always made. */
  namesOf(id: string): readonly string[] {
    return this.esl.events.items
      .filter(({ headers }) => headers.get('Unique-ID') === id)
      .map(({ headers }) => headers.get('Event-Name') ?? '')
      .filter((name) => !unmade.has(name));
  }

  /** That the second came after the first. */
  expectOrder(first: EslEvent, second: EslEvent): void {
    const all = this.esl.events.items;
    expect(all.indexOf(second)).toBeGreaterThan(all.indexOf(first));
  }
}

/** What the double does not make. */
const unmade = new Set([
  'CHANNEL_STATE',
  'CHANNEL_CALLSTATE',
  'CALL_UPDATE',
  'CODEC',
  'MEDIA_BUG_START',
  'MEDIA_BUG_STOP',
  'PRESENCE_IN',
]);

const rtpLines = [
  'v=0',
  'o=phone 1 1 IN IP4 127.0.0.1',
  's=call',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
  'a=sendrecv',
];
/** To a port where nobody is. */
export const rtpOffer = rtpLines.map((line) => `${line}\r\n`).join('');
export const rtpOfferOf = (direction: string): string => rtpOffer.replace('sendrecv', direction);

/** With the one candidate that stands for every client. */
export const webrtcOffer = chromiumOffer.replaceAll('192.0.2.10', '192.0.2.99');

/** To what an originate offers: its payload types, and the protocol as it writes it. */
export const webrtcAnswer = webrtcOffer
  .replaceAll('a=setup:actpass', 'a=setup:active')
  .replaceAll('UDP/TLS/', '')
  .replaceAll(/\b111\b/g, '102')
  .replaceAll(/\b96\b/g, '103');

export const reasonOf = (message: SipMessage): string => headerOf(message, 'reason');
export const contactUri = (message: SipMessage): string => uriIn(headerOf(message, 'contact'));
