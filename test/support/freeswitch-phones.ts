import type { BareReply } from './bare-client.ts';
import { type HearingEnd, isSameHz, phoneEnd, pitchOf } from './freeswitch-ends.ts';
import { openRtpEndpoint, type RtpEndpoint } from './rtp-endpoint.ts';
import { until } from './until.ts';

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
    if (data.reason !== 'session_not_found') throw new Error(`get_info: ${JSON.stringify(data)}`);
    this.#endpoint.hush();
    return undefined;
  }

  /**
   * That it has the media that its session says; `others` are the phones that it may be bridged with. What was asked for
   * while a call was not ready may still be done meanwhile: so it is the session as it is now that counts.
   */
  async isServed(others: readonly Phone[]): Promise<void> {
    let last = '';
    const isServed = async () => {
      const info = await this.info();
      if (info?.type === 'mcu') return this.end.isServed().then(() => true);
      const hz =
        info?.type === 'echo' ? this.end.hz : others.find(({ sessionId }) => sessionId === info?.peer_id)?.end.hz;
      if (hz === undefined) return true;
      const heardHz = Math.round(await pitchOf(this.#endpoint));
      last = `${this.sessionId}, ${info?.type} with ${info?.peer_id}, heard ${heardHz} Hz instead of ${hz} Hz`;
      return isSameHz(heardHz, hz);
    };
    await until('a phone has its media', isServed).catch((cause: unknown) => {
      throw new Error(last, { cause });
    });
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
