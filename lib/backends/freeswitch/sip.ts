import {
  Invitation,
  Inviter,
  type Session,
  type SessionDescriptionHandler,
  type SessionDescriptionHandlerOptions,
  SessionState,
  type URI,
  UserAgent,
} from 'sip.js';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { channelGone, inviteRefused } from './errors.ts';
import { SipTransport } from './sip-transport.ts';
import type { FreeSwitchAddress } from './url.ts';

/** Only our own timers decide when a call has rung long enough. */
const noAnswerSeconds = 4000;
const connectMs = 3000;
/** How long FreeSWITCH may take for its SDP, within what a `create` waits. It answers at once, or not at all. */
export const descriptionMs = 20_000;
const contactUser = 'patchbay';
const channelHeader = 'X-Patchbay-Channel';

export interface Invite {
  /** The channel's uuid: FreeSWITCH takes the Call-ID for it. */
  readonly id: string;
  readonly destination: 'park' | 'echo' | 'mcu';
  readonly sdp: string;
  readonly headers: readonly string[];
}

export interface SipListener {
  lost(): void;
}

/** A call that FreeSWITCH offers. */
export interface Offered {
  readonly sdp: string;
  /** @throws PatchbayError fs_get_answer_error */
  accept(sdp: string): Promise<void>;
}

/** The SIP connection to one FreeSWITCH: SDPs go in and out by it, everything else is ESL's. */
export class Sip {
  readonly #address: FreeSwitchAddress;
  readonly #agent: UserAgent;
  readonly #offers = new Map<string, PromiseWithResolvers<Offered>>();
  readonly #calls = new Map<string, Session>();
  /** Of INVITEs that are not answered yet. */
  readonly #unanswered = new Map<string, (why: PatchbayError) => void>();
  #localPort = 0;
  #isClosed = false;

  private constructor(address: FreeSwitchAddress, tag: string, listener: SipListener) {
    this.#address = address;
    const { host, sipPort: port } = address;
    this.#agent = new UserAgent({
      uri: uriOf(`sip:${tag}@${host}`),
      transportConstructor: SipTransport,
      transportOptions: { host, port, onUp: (localPort: number) => this.#useLocalPort(localPort) },
      sessionDescriptionHandlerFactory: () => new SdpCarrier(),
      contactName: contactUser,
      contactParams: { transport: 'tcp' },
      viaHost: host,
      noAnswerTimeout: noAnswerSeconds,
      logBuiltinEnabled: false,
      reconnectionAttempts: 0,
      delegate: {
        onInvite: (invitation) => this.#offered(invitation),
        onDisconnect: (error) => {
          if (error) listener.lost();
        },
      },
    });
  }

  /** @throws Error when it does not come up */
  static async open(address: FreeSwitchAddress, tag: string, listener: SipListener): Promise<Sip> {
    const sip = new Sip(address, tag, listener);
    try {
      await withTimeout(sip.#agent.start(), connectMs, () => new Error('FreeSWITCH does not answer by SIP'));
    } catch (error) {
      sip.close();
      throw error;
    }
    return sip;
  }

  /** Our end of the connection: what FreeSWITCH calls for a call of its own. */
  get contact(): { readonly user: string; readonly host: string; readonly port: number } {
    return { user: contactUser, host: this.#address.host, port: this.#localPort };
  }

  /**
   * A call to FreeSWITCH; returns its answer.
   *
   * @throws PatchbayError invalid_value for the SDP, fs_invite_error, no_mediaserver
   */
  async invite({ id, destination, sdp, headers }: Invite): Promise<string> {
    const { host, sipPort } = this.#address;
    const target = uriOf(`sip:${destination}@${host}:${sipPort};transport=tcp`);
    const inviter = new Inviter(this.#agent, target, {
      extraHeaders: [...headers],
      earlyMedia: false,
      sessionDescriptionHandlerOptions: withSdp(sdp),
    });
    Object.assign(inviter.request, { callId: id });
    inviter.request.setHeader('Call-ID', id);
    this.#keep(id, inviter);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#unanswered.set(id, reject);
    try {
      // An answer may come before `invite` says that it has sent anything.
      const sent = inviter.invite({
        requestDelegate: {
          onAccept: ({ message }) => resolve(message.body),
          onReject: ({ message }) => reject(inviteRefused(message.statusCode ?? 0, message.reasonPhrase ?? '')),
        },
      });
      sent.catch((cause: unknown) => reject(new PatchbayError('fs_invite_error', undefined, { cause })));
      const late = () => new PatchbayError('fs_invite_error', 'FreeSWITCH did not answer the call');
      return await withTimeout(promise, descriptionMs, late);
    } finally {
      this.#unanswered.delete(id);
    }
  }

  /** The offer of a channel that is being originated: `originate` must follow. */
  async expect(id: string): Promise<Offered> {
    const offer = Promise.withResolvers<Offered>();
    this.#offers.set(id, offer);
    try {
      const late = () => new PatchbayError('fs_get_offer_error', 'FreeSWITCH made no offer');
      return await withTimeout(offer.promise, descriptionMs, late);
    } finally {
      if (this.#offers.get(id) === offer) this.#offers.delete(id);
    }
  }

  /** Nobody waits for the channel's offer any more. */
  forget(id: string, why: PatchbayError): void {
    this.#offers.get(id)?.reject(why);
    this.#offers.delete(id);
  }

  /** The channel is over. FreeSWITCH says so by SIP too, if the connection of that time is still there. */
  ended(id: string): void {
    this.forget(id, channelGone());
    const call = this.#calls.get(id);
    if (call?.state === SessionState.Established) void quietly(() => call.bye());
    if (call instanceof Invitation && call.state === SessionState.Initial) void quietly(() => call.reject());
  }

  /** It is over for us: FreeSWITCH may not know. */
  abandon(id: string): void {
    this.ended(id);
    const call = this.#calls.get(id);
    if (call instanceof Inviter && call.state === SessionState.Establishing) void quietly(() => call.cancel());
    this.#unanswered.get(id)?.(channelGone());
  }

  close(): void {
    this.#isClosed = true;
    const why = new PatchbayError('fs_error', 'the SIP connection to FreeSWITCH was lost', { retryAfterSeconds: 1 });
    for (const id of [...this.#offers.keys()]) this.forget(id, why);
    for (const reject of this.#unanswered.values()) reject(why);
    this.#calls.clear();
    void this.#agent.transport.dispose().catch(() => {});
  }

  /** FreeSWITCH sends ACK and BYE to the Contact: without the port they would go to itself. */
  #useLocalPort(localPort: number): void {
    this.#localPort = localPort;
    this.#agent.contact.uri.host = this.#address.host;
    this.#agent.contact.uri.port = localPort;
  }

  #offered(invitation: Invitation): void {
    const id = invitation.request.getHeader(channelHeader) ?? '';
    const offer = this.#offers.get(id);
    this.#offers.delete(id);
    if (!offer) {
      void quietly(() => invitation.reject({ statusCode: 603 }));
      return;
    }
    this.#keep(id, invitation);
    // When its 200 is not acknowledged for 32 s sip.js ends a call, one that is over too, and throws then in a timer. Nobody
    // needs that: what became of the channel the event socket tells.
    Object.assign(invitation, { onAckTimeout: () => this.#calls.delete(id) });
    offer.resolve({
      sdp: invitation.body ?? '',
      accept: async (sdp) => {
        try {
          // sip.js says nothing of what it cannot send.
          if (this.#isClosed) throw new Error('the SIP connection was lost');
          await invitation.accept({ sessionDescriptionHandlerOptions: withSdp(sdp) });
        } catch (cause) {
          throw new PatchbayError('fs_get_answer_error', 'FreeSWITCH does not wait for an answer any more', { cause });
        }
      },
    });
  }

  #keep(id: string, call: Session): void {
    this.#calls.set(id, call);
    call.stateChange.addListener((state) => {
      if (state === SessionState.Terminated && this.#calls.get(id) === call) this.#calls.delete(id);
    });
  }
}

/** What sip.js will not end is over already. It says so by a rejection, or throws at once. */
async function quietly(end: () => Promise<unknown>): Promise<void> {
  try {
    await end();
  } catch {}
}

/** What sip.js hands through to the carrier. */
interface SdpOptions extends SessionDescriptionHandlerOptions {
  readonly sdp?: string;
}
const withSdp = (sdp: string): SdpOptions => ({ sdp });

/** sip.js negotiates by one of these; this one only carries what others negotiated. */
class SdpCarrier implements SessionDescriptionHandler {
  close(): void {}

  hasDescription(contentType: string): boolean {
    return contentType === 'application/sdp';
  }

  async getDescription(options?: SdpOptions): Promise<{ body: string; contentType: string }> {
    if (options?.sdp === undefined) throw new Error('no SDP to send');
    return { body: options.sdp, contentType: 'application/sdp' };
  }

  async setDescription(): Promise<void> {}

  sendDtmf(): boolean {
    return false;
  }
}

function uriOf(text: string): URI {
  const uri = UserAgent.makeURI(text);
  if (!uri) throw new Error(`${text} is no SIP URI`);
  return uri;
}
