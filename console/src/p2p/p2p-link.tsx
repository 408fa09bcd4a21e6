import './p2p-link.css';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../shell/icon.tsx';
import { shortId } from '../shell/short-id.ts';
import { invitationTo } from './invitation.ts';

const shownMs = 2000;

/** What to send to a friend. */
export function P2pLink({ sessionId }: { sessionId: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const url = invitationTo(sessionId, location);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Refused, or missing on a page without https: the link itself can still be copied.
  const copy = () =>
    navigator.clipboard?.writeText(url).then(
      () => setIsCopied(true),
      () => undefined,
    );
  return (
    <div class="p2p-invitation">
      <p class="p2p-invitation-text">
        Session <code title={sessionId}>{shortId(sessionId)}</code> waits. Send this link to your friend, or open it in
        another tab:
      </p>
      <a
        class="p2p-link"
        data-testid="p2p-link"
        data-session-id={sessionId}
        href={url}
        target="_blank"
        rel="noreferrer"
      >
        {url}
      </a>
      <button type="button" class="button button-small" data-testid="p2p-copy" onClick={() => void copy()}>
        <Icon name={isCopied ? 'check' : 'copy'} />
        <span aria-live="polite">{isCopied ? 'Copied' : 'Copy link'}</span>
      </button>
    </div>
  );
}
