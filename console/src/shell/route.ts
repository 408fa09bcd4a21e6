import { useEffect, useState } from 'preact/hooks';

export type PageName = 'calls' | 'rooms' | 'switchboard';

/** What of the console is shown. The room stays chosen while another page is shown. */
export interface Route {
  readonly page: PageName;
  readonly roomId: string | undefined;
}

/** `#room=ID`, `#rooms`, `#switchboard`, or `#calls`, which may be left out. */
export function readHash(hash: string): Route {
  const found = new URLSearchParams(hash.slice(1));
  const roomId = found.get('room') ?? undefined;
  if (roomId !== undefined || found.has('rooms')) return { page: 'rooms', roomId };
  return { page: found.has('switchboard') ? 'switchboard' : 'calls', roomId };
}

export const hashOf = ({ page, roomId }: Route): string =>
  page === 'rooms' && roomId !== undefined ? `#room=${encodeURIComponent(roomId)}` : `#${page}`;

export const goTo = (route: Route): void => {
  location.hash = hashOf(route);
};

export function useRoute(): Route {
  const [route, setRoute] = useState(() => readHash(location.hash));
  useEffect(() => {
    const follow = () => {
      const next = readHash(location.hash);
      setRoute((before) => (next.page === 'rooms' ? next : { ...next, roomId: before.roomId }));
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
