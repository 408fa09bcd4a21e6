import { PatchbayError } from '../protocol/errors.ts';

/** What each answer to the upgrade means: API Gateway's own words say little. */
const upgrades: Readonly<Record<string, string>> = {
  401: 'the token is missing, has expired, or is not signed by a key that the deployment trusts',
  403: 'the token is genuine, but for another issuer or audience; or the path of the URL is not a stage of this API',
  404: 'there is no WebSocket API at this path',
  429: 'too many connections at once: try again in a moment',
  500: "the deployment's authorizer failed: its log says why",
  502: "the deployment's $connect function failed: its log says why",
  504: "the deployment's $connect function took too long: its log says why",
};

const reasons: Readonly<Record<string, string>> = {
  no_mediaserver: 'no media node with a fitting engine is up: look at the service in ECS, and at node/get_list',
  unauthorized: 'the token needs the scopes media:session and media:room',
  not_authenticated: 'the token has expired, or is no JWT',
};

/** What a person can do with an error, line by line. */
export function explain(error: unknown): string[] {
  const { reason, message } = error instanceof PatchbayError ? error : { reason: undefined, message: messageOf(error) };
  const status = /Unexpected server response: (\d+)/.exec(message)?.[1];
  const hint =
    status === undefined ? hintOf(reason, message) : `${status}: ${upgrades[status] ?? 'not a WebSocket API'}`;
  return [reason === undefined ? message : `${reason}: ${message}`, ...(hint === undefined ? [] : [hint])];
}

function hintOf(reason: string | undefined, message: string): string | undefined {
  if (/ENOTFOUND|EAI_AGAIN/.test(message))
    return 'there is no such host: is the URL that of the deployment, and its region the right one?';
  if (/ECONNREFUSED/.test(message)) return 'nothing listens there';
  if (/certificate|SSL|TLS/i.test(message)) return 'the certificate is not one that this machine trusts';
  return reason === undefined ? undefined : reasons[reason];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
