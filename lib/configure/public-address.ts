import { isIP } from 'node:net';
import { isPublicIpv4 } from '../domain/public-address.ts';
import { type Environment, read, readList, variables } from '../env.ts';
import { ask, type Patience, patience, retried } from './retried.ts';

/** It answers with the caller's address and a newline. */
const defaultUrl = 'https://checkip.amazonaws.com';
const maxBytes = 256;

/**
 * The address that clients are given for media: the one that is set, or what the first of the URLs says that gives one.
 *
 * @throws Error that says what is wrong with the setting, or what each URL answered
 */
export async function findPublicAddress(environment: Environment, how: Patience = patience): Promise<string> {
  const given = read('publicIp', environment);
  if (given !== undefined) {
    if (isIP(given) !== 4) throw new Error(`${variables.publicIp} must be an IPv4 address, not ${given}`);
    return given;
  }
  const urls = readList('publicIpUrl', environment);
  const sources = urls.length > 0 ? urls : [defaultUrl];
  const wrong = sources.find((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ''));
  if (wrong !== undefined) throw new Error(`${variables.publicIpUrl} must list http(s) URLs, by comma, not ${wrong}`);
  return retried(() => askAll(sources, how), how);
}

async function askAll(urls: readonly string[], how: Patience): Promise<string> {
  const faults: string[] = [];
  for (const url of urls) {
    try {
      const address = (await ask(url, how, maxBytes)).trim();
      if (isPublicIpv4(address)) return address;
      throw new Error(`it answered ${JSON.stringify(address)}, which is no public IPv4 address`);
    } catch (error) {
      faults.push(`${url}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `the public address was not found; ${faults.join('; ')}. It can be set by ${variables.publicIp}, ` +
      `and where it is asked for by ${variables.publicIpUrl}`,
  );
}
