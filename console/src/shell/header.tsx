import './header.css';
import { ConnectionPill } from './connection-pill.tsx';
import { Nav } from './nav.tsx';
import type { Route } from './route.ts';
import { Settings } from './settings.tsx';
import { ThemeToggle } from './theme-toggle.tsx';
import type { ClientConnection } from './use-client.ts';

export function Header({ connection, route }: { connection: ClientConnection; route: Route }) {
  return (
    <header class="header">
      <h1 class="header-name">
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <rect width="32" height="32" rx="8" class="logo-plate" />
          <g class="logo-cable">
            <circle cx="10" cy="10" r="3.4" />
            <circle cx="22" cy="10" r="3.4" />
            <path d="M10 13.4v4.1a6 6 0 0 0 12 0v-4.1" />
          </g>
        </svg>
        patchbay <span class="header-console">console</span>
      </h1>
      <Nav route={route} />
      <ConnectionPill state={connection.state} />
      <ThemeToggle />
      <Settings connection={connection} />
    </header>
  );
}
