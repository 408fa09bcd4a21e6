import type { Ended } from '../../../lib/client/index.ts';
import type { SourceKind } from './source.ts';

/** Ends that need no explanation in red. */
const ordinaryReasons = ['normal_termination', 'user_stop', 'peer_stopped'];

export const isProblem = ({ reason }: Ended): boolean => !ordinaryReasons.includes(reason);

/** Why a call ended; nothing for one's own hang-up. */
export function explainEnd({ reason, error, code }: Ended): string | undefined {
  if (reason === 'user_stop') return undefined;
  if (reason === 'peer_stopped') return 'The other side has hung up.';
  return `${sentence(error || 'the session ended')} (${reason}, ${code}).`;
}

/** What else could be sent when a source can't be opened. */
export const otherSources = (kind: SourceKind): SourceKind[] =>
  kind === 'camera' ? ['microphone', 'picture'] : kind === 'microphone' ? ['picture'] : [];

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
