import type { CommandInput } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Applied } from '../protocol/session.ts';
import type { PatchbayClient } from './client.ts';

export type MediaChanges = Omit<CommandInput<'session/update_media'>, 'session_id'>;

/** A recording, by the id that its `status` events carry, and where it will be. */
export interface RecordingStarted {
  readonly recording_id: string;
  readonly uri: string;
}

export interface RecordingStopped extends RecordingStarted {
  /** In seconds. */
  readonly duration: number;
}

/** What can be done to one session. */
export class SessionCommands {
  readonly sessionId: string;
  protected readonly client: PatchbayClient;

  constructor(client: PatchbayClient, sessionId: string) {
    this.client = client;
    this.sessionId = sessionId;
  }

  /**
   * Mutes, unmutes or limits (bit/s, 0: unlimited) what this client sends, on the server's side; of a `listen` call,
   * what it is sent.
   *
   * @returns what took effect: `false` where the backend can't do it
   * @throws PatchbayError as `request`
   */
  async updateMedia(changes: MediaChanges): Promise<Applied> {
    const { applied } = await this.client.request('session/update_media', { ...changes, session_id: this.sessionId });
    return applied;
  }

  /**
   * Records what this client sends; of a `listen` call, what it hears. A `status` of class `recording` says how far it is.
   *
   * @throws PatchbayError as `request`; invalid_state: it is being recorded already
   */
  async startRecording(): Promise<RecordingStarted> {
    const { recording_id, uri } = await this.#record('start');
    if (recording_id === undefined || uri === undefined) throw unreadable('start');
    return { recording_id, uri };
  }

  /** @throws PatchbayError as `request`; no_active_recorder */
  async stopRecording(): Promise<RecordingStopped> {
    const { recording_id, uri, duration } = await this.#record('stop');
    if (recording_id === undefined || uri === undefined || duration === undefined) throw unreadable('stop');
    return { recording_id, uri, duration };
  }

  /**
   * Of a `listen` call: hears another publisher of the same room from now on, over the same peer connection.
   *
   * @throws PatchbayError as `request`; invalid_publisher
   */
  async switchTo(publisherId: string): Promise<void> {
    const { sessionId } = this;
    await this.client.request('session/set_type', { session_id: sessionId, type: 'listen', publisher_id: publisherId });
  }

  #record(action: 'start' | 'stop') {
    return this.client.request('session/recorder_action', { session_id: this.sessionId, action });
  }
}

const unreadable = (action: string) =>
  new PatchbayError('internal_error', `the reply to session/recorder_action ${action} lacks a field`);
