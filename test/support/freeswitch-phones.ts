import type { BareReply } from './bare-client.ts';
import { type HearingEnd, phoneEnd } from './freeswitch-ends.ts';
import { openRtpEndpoint, type RtpEndpoint } from './rtp-endpoint.ts';

/** Sends a command of a session, gives its reply. */
export type Ask = (cmd: string, data?: Record<string, unknown>) => Promise<BareReply>;

/** A phone with a tone of its own that calls again and again. What is refused it takes as it comes. */
export class Phone {
  readonly end: HearingEnd;
  readonly ask: Ask;
  readonly #endpoint: RtpEndpoint;
  /** Of its last call that was made. */
  sessionId = '';

  private constructor(ask: Ask, endpoint: RtpEndpoint, hz: number) {
    this.ask = ask;
    this.#endpoint = endpoint;
    this.end = phoneEnd(endpoint, hz);
  }

  static async open(ask: Ask, hz: number): Promise<Phone> {
    return new Phone(ask, await openRtpEndpoint(hz), hz);
  }

  /** @returns the first reply that is no success, or the one to `create` */
  async call(data: Record<string, unknown>, role: 'offeree' | 'offerer' = 'offeree'): Promise<BareReply> {
    const { end, ask } = this;
    this.#endpoint.hush();
    const side =
      role === 'offeree' ? { offer: { sdp: await end.offer(), sdp_type: 'rtp' } } : { sdp_type: 'rtp' as const };
    const made = await ask('create', { backend: 'freeswitch', wait_reply: true, ...side, ...data });
    if (made.result !== 'ok') return made;
    this.sessionId = made.data.session_id;
    if (made.data.answer) await end.takeAnswer(made.data.answer.sdp);
    if (!made.data.offer) return made;
    const answer = { sdp: await end.answer(made.data.offer.sdp), sdp_type: 'rtp' };
    const answered = await ask('set_answer', { session_id: this.sessionId, answer });
    return answered.result === 'ok' ? made : answered;
  }

  /** A call that must be made. */
  async calls(data: Record<string, unknown>, role?: 'offeree' | 'offerer'): Promise<void> {
    const { result, data: why } = await this.call(data, role);
    if (result !== 'ok') throw new Error(`${data.type}: ${JSON.stringify(why)}`);
  }

  /** A command for its session. */
  tell(cmd: string, data: Record<string, unknown> = {}): Promise<BareReply> {
    return this.ask(cmd, { session_id: this.sessionId, ...data });
  }

  /** Undefined when it is in no session: then it is silent, since its port on the engine may be another's now. */
  async info(): Promise<BareReply['data'] | undefined> {
    if (this.sessionId === '') return undefined;
    const { result, data } = await this.tell('get_info');
    if (result === 'ok') return data;
    this.#endpoint.hush();
    return undefined;
  }

  /** That it has the media that its session says; `others` are the phones that it may be bridged with. */
  async isServed(others: readonly Phone[]): Promise<void> {
    const info = await this.info();
    const peer = others.find(({ sessionId }) => sessionId === info?.peer_id);
    try {
      if (info?.type === 'echo') await this.end.hears(this.end.hz);
      if (info?.type === 'mcu') await this.end.isServed();
      if (peer) await this.end.hears(peer.end.hz);
    } catch (cause) {
      const now = (await this.info())?.type;
      throw new Error(`${this.sessionId}, ${info?.type} with ${info?.peer_id}, now ${now}`, { cause });
    }
  }

  close(): Promise<void> {
    return this.end.close();
  }
}

/** Phones that say that they are bridged with one that does not say the same of them. */
export async function unpaired(phones: readonly Phone[]): Promise<string[]> {
  const infos = (await Promise.all(phones.map((phone) => phone.info()))).filter((info) => info?.type === 'bridge');
  return infos.flatMap(({ session_id, peer_id }) =>
    infos.some((other) => other.session_id === peer_id && other.peer_id === session_id)
      ? []
      : `${session_id} says that it is bridged with ${peer_id}`,
  );
}
