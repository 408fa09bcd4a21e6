import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** A finger's or a zoom's worth of px: nearer to the end than this counts as at the end. */
const tolerancePx = 24;

/** Keeps a list scrolled to its end while `content` grows, unless its reader has scrolled up. */
export function useStickToEnd(content: unknown): {
  readonly list: RefObject<HTMLOListElement | null>;
  readonly isAtEnd: boolean;
  onScroll(): void;
  toEnd(): void;
} {
  const list = useRef<HTMLOListElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const toEnd = useCallback(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, []);
  const onScroll = useCallback(() => {
    if (!list.current) return;
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    setIsAtEnd(scrollHeight - scrollTop - clientHeight < tolerancePx);
  }, []);
  // Runs because the content changed, without reading it
  useLayoutEffect(() => {
    if (isAtEnd) toEnd();
  }, [content]);
  return { list, isAtEnd, onScroll, toEnd };
}
