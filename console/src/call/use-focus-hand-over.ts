import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** When the button that was pressed is gone, who uses a keyboard goes on with the one that took its place. */
export function useFocusHandOver(isLive: boolean): {
  readonly start: RefObject<HTMLButtonElement | null>;
  readonly hangUp: RefObject<HTMLButtonElement | null>;
} {
  const hangUp = useRef<HTMLButtonElement>(null);
  const start = useRef<HTMLButtonElement>(null);
  const wasLive = useRef(isLive);
  useEffect(() => {
    if (wasLive.current === isLive) return;
    wasLive.current = isLive;
    if (document.activeElement === document.body) (isLive ? hangUp : start).current?.focus({ preventScroll: true });
  }, [isLive]);
  return { start, hangUp };
}
