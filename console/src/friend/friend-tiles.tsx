import type { CallState } from '../call/call-state.ts';
import { CallTiles } from '../call/call-tiles.tsx';
import type { Way } from './invitation.ts';

export function FriendTiles({ state, way }: { state: CallState; way: Way }) {
  const hint = state.phase === 'waiting' ? 'Waiting for your friend…' : 'Connecting…';
  return <CallTiles state={state} testIdPrefix={`${way}-`} remote={{ label: 'Friend', hint, icon: 'friends' }} />;
}
