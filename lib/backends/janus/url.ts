/** Where one Janus is, and what it wants to be told to let us in. */
export interface JanusAddress {
  /** `ws://127.0.0.1:8188`, without secrets: it may be shown. */
  readonly url: string;
  /** janus.jcfg: `api_secret`. */
  readonly apiSecret?: string;
  /** Its admin API; without it what happened while Janus was out of reach is not found out. */
  readonly admin?: JanusAdminAddress;
}

export interface JanusAdminAddress {
  readonly url: string;
  /** janus.jcfg: `admin_secret`. */
  readonly secret?: string;
}

const settings = ['admin', 'admin_secret', 'api_secret'];
const example = 'ws://127.0.0.1:8188?admin=ws://127.0.0.1:7188&admin_secret=…';

/**
 * Reads an address as it is written in `PATCHBAY_JANUS_URL`: Janus' URL, with `admin`, `admin_secret` and `api_secret`
 * in its query. What has a special meaning in a URL is percent-encoded there, and so is a comma.
 *
 * @throws Error that says what is wrong with it; no secret is in it
 */
export function parseJanusUrl(text: string): JanusAddress {
  const url = webSocketUrl(text.split('?', 1)[0] ?? '', 'a Janus URL');
  const query = new URLSearchParams(text.includes('?') ? text.slice(text.indexOf('?')) : '');
  const unknown = [...query.keys()].find((name) => !settings.includes(name));
  if (unknown !== undefined) {
    throw new Error(`a Janus URL has no setting ${unknown}: it may have ${settings.join(', ')}, as in ${example}`);
  }
  const [admin, secret, apiSecret] = settings.map((name) => query.get(name) || undefined);
  if (secret !== undefined && admin === undefined) {
    throw new Error(`a Janus URL has admin_secret without admin: it wants both, as in ${example}`);
  }
  return {
    url,
    ...(apiSecret !== undefined && { apiSecret }),
    ...(admin !== undefined && {
      admin: { url: webSocketUrl(admin, "a Janus URL's admin"), ...(secret !== undefined && { secret }) },
    }),
  };
}

/** The other way round, for a process that gets it in its environment. */
export function formatJanusUrl({ url, apiSecret, admin }: JanusAddress): string {
  const query = new URLSearchParams({
    ...(admin && { admin: admin.url }),
    ...(admin?.secret !== undefined && { admin_secret: admin.secret }),
    ...(apiSecret !== undefined && { api_secret: apiSecret }),
  });
  return query.size > 0 ? `${url}?${query}` : url;
}

function webSocketUrl(text: string, what: string): string {
  const url = URL.parse(text);
  if (!url) throw new Error(`${what} must be like ${example}: this is no URL`);
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new Error(
      `${what} must begin with ws:// or wss://, not ${url.protocol}//: patchbay speaks WebSocket to Janus`,
    );
  }
  if (url.username || url.password) throw new Error(`${what} must be without user and password: use api_secret`);
  return text;
}
