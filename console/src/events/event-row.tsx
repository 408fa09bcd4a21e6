import { useState } from 'preact/hooks';
import type { PatchbayEvent } from '../../../lib/client/index.ts';
import { shortId } from '../shell/short-id.ts';
import { bodyOf } from './summary.ts';

/** One line; opened, the whole event as JSON. */
export function EventRow({ event }: { event: PatchbayEvent }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li data-testid="event-row" data-type={event.type}>
      <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
        <summary class="event-line">
          <time datetime={event.time} class="event-time">
            {timeOf(event.time)}
          </time>
          <code class="event-object" title={event.obj_id}>
            {shortId(event.obj_id)}
          </code>
          <span class="event-type">{event.type}</span>
          <span class="event-summary">{bodyOf(event)}</span>
        </summary>
        {isOpen && <pre class="event-json">{JSON.stringify(event, undefined, 2).replaceAll('\\r\\n', '\n')}</pre>}
      </details>
    </li>
  );
}

/** `13:05:09.123`, in the reader's time zone. */
function timeOf(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return `${time.toLocaleTimeString('en-GB')}.${`${time.getMilliseconds()}`.padStart(3, '0')}`;
}
