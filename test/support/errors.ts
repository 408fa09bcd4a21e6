import { PatchbayError, type Reason } from '../../lib/protocol/errors.ts';

/** What `work` throws, which must be an error of ours. */
export function refusal(work: () => unknown): PatchbayError {
  try {
    work();
  } catch (error) {
    if (error instanceof PatchbayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** What `work` fails with, which must be an error of ours. */
export async function rejection(work: Promise<unknown>): Promise<PatchbayError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PatchbayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** For `toMatchObject`: an error of ours with this reason. */
export const reason = (name: Reason) => ({ name: 'PatchbayError', reason: name });
