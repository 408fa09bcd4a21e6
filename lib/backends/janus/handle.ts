import type { JanodeHandle, JanusMessage, PluginDescriptor } from 'janode';
import { engineCandidates } from '../../domain/engine-sdp.ts';
import { workMs } from '../../domain/patience.ts';
import type { Candidate } from '../../protocol/candidate.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { SessionStatus } from '../../protocol/events.ts';
import { type HandleInfo, isReady } from './admin.ts';
import { isGone, toPatchbayError } from './errors.ts';
import { type HandleEvents, listen } from './events.ts';

/** How long Janus may take for a request. It answers in milliseconds, or not at all. */
export const requestTimeoutMs = workMs;

export interface PluginReply {
  readonly data: Record<string, unknown>;
  readonly jsep: JanusMessage['jsep'];
}

/**
 * A Janus handle that outlives its WebSocket. janode's own handle dies with the connection (it drops all listeners);
 * when the connection has claimed the Janus session again, this one gets a new janode handle inside and goes on.
 */
export class JanusHandle {
  readonly plugin: PluginDescriptor;
  readonly events: HandleEvents;
  #janode: JanodeHandle | undefined;
  #ended = false;
  readonly #freed = Promise.withResolvers<void>();
  #wasFreed = false;
  #detaching: Promise<boolean> | undefined;
  /** It was told that its media or the handle itself is gone: nothing follows. */
  #isOver = false;
  #isNegotiated = false;
  #isUp = false;
  /** The WebSocket was gone, and it is not known yet what happened meanwhile. */
  #hasMissed = false;

  constructor(plugin: PluginDescriptor, events: HandleEvents) {
    this.plugin = plugin;
    this.events = events;
  }

  /** Janus' number of it; undefined before it was attached. */
  get id(): number | undefined {
    return this.#janode?.id;
  }

  /** It was detached, by us. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Janus has freed it, because we said so, and closed its files; what it was still to do for it then it does not answer. */
  get freed(): Promise<void> {
    return this.#freed.promise;
  }

  get wasFreed(): boolean {
    return this.#wasFreed;
  }

  /** Puts a janode handle inside: at first, and after each claim. Of one that is ended nothing is heard any more. */
  adopt(handle: JanodeHandle): void {
    this.#janode = handle;
    if (this.#ended) return;
    const current = (tell: () => void) => {
      if (!this.#ended && !this.#isOver && this.#janode === handle) tell();
    };
    listen(handle, this.plugin, {
      status: (status) => current(() => this.#tellStatus(status)),
      hangup: (cause) => current(() => this.#tellHangup(cause)),
      detached: () => current(() => this.#tellDetached()),
      plugin: (event, data) => {
        if (!this.#ended && this.#janode === handle) this.events.plugin?.(event, data);
      },
    });
  }

  /** Janus dropped it, or its whole session. */
  lost(): void {
    if (!this.#ended && !this.#isOver) this.#tellDetached();
  }

  /**
   * Makes up for what Janus told while it was out of reach.
   *
   * @param ask what its admin API says of the handle; undefined when it has none such
   */
  async catchUp(ask: () => Promise<HandleInfo | undefined>): Promise<void> {
    // One that is being negotiated meanwhile has a peer connection of which the answer may not know yet.
    const wasNegotiated = this.#isNegotiated;
    const info = await ask();
    if (this.#ended || this.#isOver) return;
    this.#hasMissed = false;
    if (!info) this.#tellDetached();
    else if (wasNegotiated && info.webrtc === undefined) this.#tellHangup('lost while Janus was out of reach');
    else if (!this.#isUp && isReady(info)) this.#tellStatus({ class: 'webrtc', status: 'up' });
  }

  /**
   * Its client has had its time to connect: if it has not, that is its end, as if Janus had told it.
   *
   * @returns false when that cannot be said, because what Janus told may have been missed
   */
  endUnlessUp(cause: string): boolean {
    if (this.#ended || this.#isOver || this.#isUp) return true;
    if (this.#hasMissed) return false;
    this.#tellHangup(cause);
    return true;
  }

  #tellStatus(status: SessionStatus): void {
    if (status.class === 'webrtc') {
      const isUp = status.status === 'up';
      // What Janus tells of it may come after what was found out.
      if (isUp === this.#isUp) return;
      this.#isUp = isUp;
    }
    this.events.status(status);
  }

  #tellHangup(cause: string): void {
    this.#isOver = true;
    this.events.hangup(cause);
  }

  #tellDetached(): void {
    this.#isOver = true;
    this.events.detached();
  }

  /** The WebSocket is gone: nothing that janode says of the handle inside counts any more. */
  suspend(): void {
    this.#hasMissed = true;
    this.#janode?.removeAllListeners();
  }

  /**
   * Sends a plugin message and returns the plugin's answer.
   *
   * @throws PatchbayError janus_error, janus_connection_error, janus_session_down, invalid_value for an SDP
   */
  async request(body: Record<string, unknown>, jsep?: JanusMessage['jsep']): Promise<PluginReply> {
    if (!this.#janode || this.#ended) throw new PatchbayError('janus_session_down', 'the Janus handle is gone');
    const doing = typeof body.request === 'string' ? body.request : 'message';
    try {
      const reply = await this.#janode.sendRequest({ janus: 'message', body, ...(jsep && { jsep }) }, requestTimeoutMs);
      if (jsep || reply.jsep) this.#isNegotiated = true;
      return { data: reply.plugindata?.data ?? {}, jsep: reply.jsep };
    } catch (error) {
      throw toPatchbayError(error, doing);
    }
  }

  /** @throws PatchbayError janus_error, janus_connection_error, janus_session_down */
  async trickle(candidates: readonly Candidate[] | 'completed'): Promise<void> {
    if (!this.#janode || this.#ended) throw new PatchbayError('janus_session_down', 'the Janus handle is gone');
    const usable = candidates === 'completed' ? undefined : engineCandidates(candidates).map(toJanus);
    if (usable?.length === 0) return;
    const body = usable ? { candidates: usable } : { candidate: { completed: true } };
    try {
      await this.#janode.sendRequest({ janus: 'trickle', ...body }, requestTimeoutMs);
    } catch (error) {
      throw toPatchbayError(error, 'trickle');
    }
  }

  /**
   * Frees it in Janus. Never throws.
   *
   * @returns false when Janus could not be asked: then it is still there after the next claim
   */
  async detach(): Promise<boolean> {
    this.#ended = true;
    if (!this.#janode) return true;
    this.#detaching ??= this.#free(this.#janode);
    const isFree = await this.#detaching;
    if (!isFree) this.#detaching = undefined;
    return isFree;
  }

  async #free(handle: JanodeHandle): Promise<boolean> {
    handle.removeAllListeners('handle_hangup');
    try {
      await handle.sendRequest({ janus: 'detach' }, requestTimeoutMs);
      this.#wasFreed = true;
      this.#freed.resolve();
      return true;
    } catch (error) {
      return isGone(error);
    }
  }
}

/** Janus wants either of mid and index. */
const toJanus = ({ sdpMid, sdpMLineIndex, candidate }: Candidate) => ({
  ...(sdpMid != null && { sdpMid }),
  sdpMLineIndex: sdpMLineIndex ?? 0,
  candidate,
});
