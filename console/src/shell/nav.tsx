import './nav.css';
import { hashOf, type PageName, type Route } from './route.ts';

const pages: readonly { page: PageName; name: string }[] = [
  { page: 'calls', name: 'Calls' },
  { page: 'rooms', name: 'Rooms' },
  { page: 'switchboard', name: 'Switchboard' },
];

export function Nav({ route }: { route: Route }) {
  return (
    <nav class="nav" aria-label="Pages">
      {pages.map(({ page, name }) => (
        <a
          key={page}
          href={hashOf({ page, roomId: route.roomId })}
          data-testid={`nav-${page}`}
          aria-current={page === route.page ? 'page' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  );
}
