import type { CallState, MuteKind } from './call-state.ts';

const kinds = ['audio', 'video', 'data'] as const;

type Muted = Partial<Record<MuteKind, boolean>>;

/** What the tile of one's own picture says of what others don't get. */
export const muteBadges = ({ muted }: CallState, byModerator: Muted = {}): string[] => [
  ...badge(muted, 'muted'),
  ...badge(byModerator, 'muted by a moderator'),
];

function badge(muted: Muted, words: string): string[] {
  const found = kinds.filter((kind) => muted[kind]);
  return found.length === 0 ? [] : [`${found.join(', ')} ${words}`];
}
