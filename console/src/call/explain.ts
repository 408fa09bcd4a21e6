import type { Ended } from '../../../lib/client/index.ts';
import type { SourceKind } from './source.ts';

/** Ends that need no explanation in red. */
const ordinaryReasons = ['normal_termination', 'user_stop', 'peer_stopped', 'publisher_stop', 'bridge_stop'];

/** What the reader of the page calls them; the others are told as the server words them. */
const sentences: Readonly<Record<string, string>> = {
  peer_stopped: 'The other side has hung up.',
  bridge_stop: 'The session that it was bridged with has left.',
  publisher_stop: 'The publisher has left the room.',
  member_stop: 'A moderator has removed you from the room.',
  room_destroyed: 'The room was destroyed.',
};

export const isProblem = ({ reason }: Ended): boolean => !ordinaryReasons.includes(reason);

/** Why a call ended; nothing for one's own hang-up. */
export function explainEnd({ reason, error, code }: Ended): string | undefined {
  if (reason === 'user_stop') return undefined;
  return sentences[reason] ?? `${sentence(error || 'the session ended')} (${reason}, ${code}).`;
}

/** What else could be sent when a source can't be opened. */
export const otherSources = (kind: SourceKind): SourceKind[] =>
  kind === 'camera' ? ['microphone', 'picture'] : kind === 'microphone' ? ['picture'] : [];

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
