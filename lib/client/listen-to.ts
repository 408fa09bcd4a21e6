import type { Call } from './call.ts';
import { answerServer, type SessionFields, type SetupOptions, setUpCall } from './call-setup.ts';
import type { PatchbayClient } from './client.ts';

export interface ListenOptions extends Omit<SetupOptions, 'stream' | 'session'> {
  /** The `sessionId` of the `publish` call to hear and see. */
  readonly publisherId: string;
  /** Further fields of `session/create`. */
  readonly session?: Omit<SessionFields, 'publisher_id'>;
}

/**
 * Hears and sees a publisher of a room; `switchTo` of the call goes over to another one. The call ends with the publisher.
 *
 * @throws PatchbayError as `setUpCall`; invalid_publisher
 */
export function listenTo(client: PatchbayClient, options: ListenOptions): Promise<Call> {
  const { publisherId, session } = options;
  return setUpCall(client, options, 'engine', (setup) =>
    answerServer(client, setup, { ...session, type: 'listen', publisher_id: publisherId }, undefined),
  );
}
