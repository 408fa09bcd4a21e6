import './gallery.css';
import type { Ref } from 'preact';
import type { RoomMember } from '../../../lib/client/index.ts';
import { Icon } from '../shell/icon.tsx';
import { shortId } from '../shell/short-id.ts';

interface Props {
  readonly publishers: readonly RoomMember[];
  readonly ownId: string | undefined;
  /** Who is heard now. */
  readonly heardId: string | undefined;
  readonly isDisabled: boolean;
  readonly first: Ref<HTMLButtonElement>;
  onListen(publisherId: string): void;
}

/** The publishers of a room, to choose whom to hear. */
export function Gallery({ publishers, ownId, heardId, isDisabled, first, onListen }: Props) {
  if (publishers.length === 0) return <p class="gallery-empty">Nobody publishes in this room yet.</p>;
  return (
    <ul class="gallery" aria-label="Publishers">
      {publishers.map(({ session_id, user_id }, index) => (
        <li key={session_id}>
          <button
            ref={index === 0 ? first : null}
            type="button"
            class="gallery-publisher"
            data-testid="publisher"
            data-session-id={session_id}
            aria-pressed={session_id === heardId}
            // Not `disabled`, which would take the focus away from who has just pressed it.
            aria-disabled={isDisabled}
            onClick={() => isDisabled || onListen(session_id)}
          >
            <Icon name={session_id === heardId ? 'listen' : 'camera'} />
            <span class="gallery-name">{session_id === ownId ? 'You' : user_id}</span>
            <code title={session_id}>{shortId(session_id)}</code>
          </button>
        </li>
      ))}
    </ul>
  );
}
