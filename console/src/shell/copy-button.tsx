import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

const shownMs = 2000;

interface Props {
  readonly text: string;
  readonly label: string;
  readonly testId: string;
}

export function CopyButton({ text, label, testId }: Props) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Refused, or missing on a page without https: what is seen can still be copied by hand.
  const copy = () =>
    navigator.clipboard?.writeText(text).then(
      () => setIsCopied(true),
      () => undefined,
    );
  return (
    <button type="button" class="button button-small" data-testid={testId} onClick={() => void copy()}>
      <Icon name={isCopied ? 'check' : 'copy'} />
      <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
    </button>
  );
}
