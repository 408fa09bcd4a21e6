import './friend-link.css';
import { CopyButton } from '../shell/copy-button.tsx';
import { shortId } from '../shell/short-id.ts';
import { type Invitation, invitationTo } from './invitation.ts';

/** What to send to a friend. */
export function FriendLink({ invitation }: { invitation: Invitation }) {
  const { masterId, way } = invitation;
  const url = invitationTo(invitation, location);
  return (
    <div class="friend-invitation">
      <p class="friend-invitation-text">
        Session <code title={masterId}>{shortId(masterId)}</code> waits. Send this link to your friend, or open it in
        another tab:
      </p>
      <a
        class="friend-link"
        data-testid={`${way}-link`}
        data-session-id={masterId}
        href={url}
        target="_blank"
        rel="noreferrer"
      >
        {url}
      </a>
      <CopyButton text={url} label="Copy link" testId={`${way}-copy`} />
    </div>
  );
}
