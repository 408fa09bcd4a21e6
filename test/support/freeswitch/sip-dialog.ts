import { type SipHeader, type SipMessage, statusOf } from './sip-message.ts';
import { common, type SipServer } from './sip-server.ts';

export interface DialogEnds {
  readonly callId: string;
  /** Both as in the headers From and To of what we send, with their tags. */
  readonly local: string;
  readonly remote: string;
  /** The client's Contact. */
  readonly target: string;
  readonly contact: string;
}

let lastCseq = 123_262_000;

export function nextCseq(): number {
  lastCseq += 1;
  return lastCseq;
}

/** An established call's SIP side: what FreeSWITCH sends within it. It goes to the Contact that the client gave. */
export class Dialog {
  readonly ends: DialogEnds;
  readonly #server: SipServer;

  constructor(server: SipServer, ends: DialogEnds) {
    this.#server = server;
    this.ends = ends;
  }

  bye(reason: string): void {
    this.#request('BYE', nextCseq(), [...common, ['Reason', reason]]);
  }

  /** @param hear the final response; 503 at once where the client's connection is gone */
  reinvite(sdp: string, hear: (status: number, body: string) => void): void {
    const cseq = nextCseq();
    const headers: readonly SipHeader[] = [
      ...common,
      ['Content-Type', 'application/sdp'],
      ['Content-Disposition', 'session'],
    ];
    const sent = this.#request('INVITE', cseq, headers, sdp, (response: SipMessage) => {
      const status = statusOf(response) ?? 0;
      if (status < 200) return;
      this.#request('ACK', cseq, []);
      hear(status, response.body);
    });
    if (!sent) hear(503, '');
  }

  #request(
    method: string,
    cseq: number,
    headers: readonly SipHeader[],
    body = '',
    hear?: (response: SipMessage) => void,
  ): boolean {
    const { callId, local, remote, target, contact } = this.ends;
    const own: readonly SipHeader[] = [
      ['From', local],
      ['To', remote],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ${method}`],
      ['Contact', contact],
    ];
    return this.#server.request(method, target, [...own, ...headers], { body, hear }) !== undefined;
  }
}
