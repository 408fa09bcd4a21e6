/** How a call by a link goes: browser to browser, or through the media server. */
export type Way = 'p2p' | 'proxy';

export interface Invitation {
  readonly masterId: string;
  readonly way: Way;
}

const parameters = { masterId: 'join', way: 'way' } as const;

/** The session that this page was asked to join: opened by a link that `invitationTo` made. */
export function invitedTo({ search }: Pick<Location, 'search'>): Invitation | undefined {
  const found = new URLSearchParams(search);
  const masterId = found.get(parameters.masterId);
  if (masterId === null) return undefined;
  return { masterId, way: found.get(parameters.way) === 'proxy' ? 'proxy' : 'p2p' };
}

/** This page's address, so that whoever opens it joins a session. */
export function invitationTo({ masterId, way }: Invitation, { href }: Pick<Location, 'href'>): string {
  const url = withoutInvitation(href);
  url.hash = '';
  url.searchParams.set(parameters.masterId, masterId);
  if (way !== 'p2p') url.searchParams.set(parameters.way, way);
  return url.href;
}

/** The call is over: a reload must not offer it again. */
export function forgetInvitation(): void {
  history.replaceState(null, '', withoutInvitation(location.href));
}

/** An address of this page that asks nobody to join a session. */
export function withoutInvitation(href: string): URL {
  const url = new URL(href);
  for (const name of Object.values(parameters)) url.searchParams.delete(name);
  return url;
}
