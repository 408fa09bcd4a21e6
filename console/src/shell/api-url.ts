/**
 * Where the API is: `/ws` of the host that served this page, unless the page was opened with `?api=wss://…`.
 * (A page served with `connect-src 'self'` can reach its own host only.)
 */
export function apiUrl({ protocol, host, search }: Pick<Location, 'protocol' | 'host' | 'search'>): string {
  const chosen = new URLSearchParams(search).get('api');
  return chosen ?? `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws`;
}
