import type { JanodeHandle, JanusMessage, PluginDescriptor } from 'janode';
import type { Candidate } from '../../protocol/candidate.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { toPatchbayError } from './errors.ts';
import { type HandleEvents, listen } from './events.ts';

/** How long Janus may take for a request. It answers in milliseconds, or not at all. */
export const requestTimeoutMs = 8000;

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

  constructor(plugin: PluginDescriptor, events: HandleEvents) {
    this.plugin = plugin;
    this.events = events;
  }

  /** Janus' number of it; undefined before it was attached. */
  get id(): number | undefined {
    return this.#janode?.id;
  }

  /** Puts a janode handle inside: at first, and after each claim. */
  adopt(handle: JanodeHandle): void {
    // Ended while it was being attached: nobody wants it any more.
    if (this.#ended) {
      handle.sendRequest({ janus: 'detach' }, requestTimeoutMs).catch(() => {});
      return;
    }
    this.#janode = handle;
    const current = (tell: () => void) => {
      if (!this.#ended && this.#janode === handle) tell();
    };
    listen(handle, {
      status: (status) => current(() => this.events.status(status)),
      hangup: (cause) => current(() => this.events.hangup(cause)),
      detached: () => current(() => this.events.detached()),
    });
  }

  /** The WebSocket is gone: nothing that janode says of the handle inside counts any more. */
  suspend(): void {
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
      return { data: reply.plugindata?.data ?? {}, jsep: reply.jsep };
    } catch (error) {
      throw toPatchbayError(error, doing);
    }
  }

  /** @throws PatchbayError janus_error, janus_connection_error, janus_session_down */
  async trickle(candidates: readonly Candidate[] | 'completed'): Promise<void> {
    if (!this.#janode || this.#ended) throw new PatchbayError('janus_session_down', 'the Janus handle is gone');
    const body =
      candidates === 'completed' ? { candidate: { completed: true } } : { candidates: candidates.map(toJanus) };
    try {
      await this.#janode.sendRequest({ janus: 'trickle', ...body }, requestTimeoutMs);
    } catch (error) {
      throw toPatchbayError(error, 'trickle');
    }
  }

  /** Frees it in Janus, if Janus can be reached. Never throws. */
  async detach(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const handle = this.#janode;
    if (!handle) return;
    handle.removeAllListeners('handle_hangup');
    try {
      await handle.sendRequest({ janus: 'detach' }, requestTimeoutMs);
    } catch {
      // The handle, its session or Janus is gone already, and with it what was to be freed.
    }
  }
}

/** Janus wants the candidate without `a=`, and either of mid and index. */
const toJanus = ({ sdpMid, sdpMLineIndex, candidate }: Candidate) => ({
  ...(sdpMid != null && { sdpMid }),
  sdpMLineIndex: sdpMLineIndex ?? 0,
  candidate: candidate.replace(/^a=/, ''),
});
