import type { Backend } from '../backends/backend.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { BackendKind } from '../protocol/session.ts';

/**
 * The least loaded engine of the first kind that is up.
 *
 * @param kinds best first
 * @throws PatchbayError no_mediaserver
 */
export function chooseEngine(backends: readonly Backend[], kinds: readonly BackendKind[]): Backend {
  for (const kind of kinds) {
    const up = backends.filter((backend) => backend.kind === kind && backend.engine().up);
    const [least] = up.sort((a, b) => a.engine().sessions - b.engine().sessions);
    if (least) return least;
  }
  throw new PatchbayError('no_mediaserver', `${kinds.join(' and ')} down on this node`, { retryAfterSeconds: 5 });
}
