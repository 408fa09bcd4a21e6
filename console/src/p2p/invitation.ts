const parameter = 'join';

/** The session that this page was asked to join: opened by a link that `invitationTo` made. */
export const invitedTo = ({ search }: Pick<Location, 'search'>): string | undefined =>
  new URLSearchParams(search).get(parameter) ?? undefined;

/** This page's address, so that whoever opens it joins a session. */
export function invitationTo(sessionId: string, { href }: Pick<Location, 'href'>): string {
  const url = new URL(href);
  url.searchParams.set(parameter, sessionId);
  return url.href;
}

/** The call is over: a reload must not offer it again. */
export function forgetInvitation(): void {
  const url = new URL(location.href);
  url.searchParams.delete(parameter);
  history.replaceState(null, '', url);
}
