const key = 'patchbay.token';

/** The access token, kept for this tab and until it is closed. */
export const readToken = (): string => sessionStorage.getItem(key) ?? '';

export function writeToken(token: string): void {
  if (token === '') sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, token);
}
