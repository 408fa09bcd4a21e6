import './event-log.css';
import { Icon } from '../shell/icon.tsx';
import { EventRow } from './event-row.tsx';
import type { Log } from './use-event-log.ts';
import { useStickToEnd } from './use-stick-to-end.ts';

export function EventLog({ log }: { log: Log }) {
  const { list, isAtEnd, onScroll, toEnd } = useStickToEnd(log.entries);
  const isEmpty = log.entries.length === 0;
  return (
    <section class="card event-log" aria-label="Events">
      <div class="card-head">
        <h2>
          Events <span class="count">{log.entries.length}</span>
        </h2>
        <button type="button" class="button button-small" disabled={isEmpty} onClick={log.clear}>
          Clear
        </button>
      </div>
      <div class="event-body">
        {isEmpty && <p class="card-empty">Events of your sessions, and of rooms, appear here as they happen.</p>}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <ol ref={list} class="event-rows" tabIndex={0} aria-label="Events" data-testid="event-log" onScroll={onScroll}>
          {log.entries.map(({ number, event }) => (
            <EventRow key={number} event={event} />
          ))}
        </ol>
        {!isAtEnd && (
          <button type="button" class="button button-small button-primary event-newest" onClick={toEnd}>
            <Icon name="down" />
            Newest
          </button>
        )}
      </div>
    </section>
  );
}
