import { shortId } from '../shell/short-id.ts';
import type { Way } from './invitation.ts';
import { ways } from './way-picker.tsx';

interface Props {
  readonly way: Way;
  /** The session that this page was asked to join. */
  readonly masterId: string | undefined;
}

/** What a call this way is, or whose call waits. */
export function FriendHint({ way, masterId }: Props) {
  const hint = ways.find(({ value }) => value === way)?.hint;
  if (masterId === undefined) return <p class="friend-hint">{hint}</p>;
  return (
    <p class="friend-hint">
      You are invited to call <code title={masterId}>{shortId(masterId)}</code>. {hint}
    </p>
  );
}
