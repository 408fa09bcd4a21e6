import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** Names of this machine that DNS outside of it can't point somewhere else. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

export interface OriginRules {
  /** Names without port that the `Host` header may carry. */
  readonly allowedHosts: readonly string[] | 'any';
  /** Whole origins (`http://localhost:5173`) that may connect besides our own pages. */
  readonly allowedOrigins: readonly string[];
}

/**
 * Whether the `Host` header names this server.
 *
 * Without auth, this is what keeps out a page that had its own name resolve to 127.0.0.1 (DNS rebinding): its
 * browser sends that name.
 */
export function isHostAllowed(hostHeader: string | undefined, rules: OriginRules): boolean {
  const host = parseHost(hostHeader);
  if (host === undefined) return false;
  return rules.allowedHosts === 'any' || rules.allowedHosts.some((allowed) => allowed.toLowerCase() === host.hostname);
}

/**
 * Whether an upgrade may go on: an allowed `Host`, and an `Origin` that is our own page or listed.
 *
 * Browsers put no same-origin rule on WebSockets; the server has to look at `Origin`. Programs send none and pass.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-10.2
 */
export function isUpgradeAllowed(headers: IncomingHttpHeaders, rules: OriginRules): boolean {
  if (!isHostAllowed(headers.host, rules)) return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  if (rules.allowedOrigins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase())) return true;
  if (!/^https?:\/\//i.test(origin)) return false;
  const originHost = parseHost(origin.replace(/^https?:\/\//i, ''));
  return originHost !== undefined && originHost.host === parseHost(headers.host)?.host;
}

/** Whether a request comes from this very machine: over loopback, or from the address that it was sent to. */
export function isFromThisMachine({ remoteAddress, localAddress }: Socket): boolean {
  if (remoteAddress === undefined) return false;
  return remoteAddress === localAddress || /^(::1|(::ffff:)?127\.)/.test(remoteAddress);
}

/** Lower-case name and `name:port` (without port 80), or undefined for what is not a bare host. */
function parseHost(hostHeader: string | undefined): { hostname: string; host: string } | undefined {
  if (hostHeader === undefined || !/^[\w.[\]:-]+$/.test(hostHeader)) return undefined;
  const url = URL.parse(`http://${hostHeader}`);
  return url === null ? undefined : { hostname: url.hostname, host: url.host };
}
