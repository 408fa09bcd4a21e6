import type { Candidate } from '../protocol/candidate.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayClient } from './client.ts';
import type { CandidateSink } from './trickle.ts';

const tries = 5;
const retryMs = 300;

/** A session's candidates as messages. They survive the loss of a connection: what may not have arrived is sent again. */
export function candidateMessages(client: PatchbayClient, sessionId: string): CandidateSink {
  const send = (candidates: Candidate[]) =>
    insist(client, () => client.request('session/set_candidate', { session_id: sessionId, candidates }));
  return {
    async candidates(candidates) {
      const refused = await send(candidates);
      if (refused?.reason !== 'invalid_value' || candidates.length === 1) return;
      // One where the server sends nothing to, such as an address in its own network, is no loss: the others count.
      for (const candidate of candidates) await send([candidate]);
    },
    async end() {
      await insist(client, () => client.request('session/set_candidate_end', { session_id: sessionId }));
    },
  };
}

/**
 * Never rejects: without some of its candidates a call may still connect, and if not it ends for that.
 *
 * @returns what the server refused it for
 */
async function insist(client: PatchbayClient, request: () => Promise<unknown>): Promise<PatchbayError | undefined> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    try {
      await request();
      return undefined;
    } catch (error) {
      if (!(error instanceof PatchbayError)) return undefined;
      if (error.reason === 'registered_down') {
        if (!(await isOpenAgain(client))) return undefined;
      } else if (error.reason === 'timeout' || error.reason === 'rate_limited') {
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      } else return error;
    }
  }
  return undefined;
}

/** Waits while the client reconnects. */
export function isOpenAgain(client: PatchbayClient): Promise<boolean> {
  const { status } = client.state;
  if (status === 'open' || status === 'closed') return Promise.resolve(status === 'open');
  return new Promise((resolve) => {
    const unsubscribe = client.onState(({ status }) => {
      if (status !== 'open' && status !== 'closed') return;
      unsubscribe();
      resolve(status === 'open');
    });
  });
}
