import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ownNetworks, readAllowedNetworks } from '../controller/own-networks.ts';
import { addressRules } from '../domain/addresses.ts';
import { isLoopback, type MediaAddresses, mediaAddressesOf, outsideAddress } from '../engines/media-addresses.ts';
import { type Environment, read, readInteger, readList } from '../env.ts';

/** How the local stack was asked to run. */
export interface LocalSettings extends MediaAddresses {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly dynamodbEndpoint: string | undefined;
  readonly janusUrls: readonly string[];
  readonly freeswitchUrls: readonly string[];
  /** False: controllers run elsewhere, with their engines, and find this stack's table and `/@connections` themselves. */
  readonly hasController: boolean;
  /** CIDRs and addresses to which media may go although they are this machine's or near it. */
  readonly allowedNetworks: readonly string[];
  readonly reorderSeed: number | undefined;
  readonly auth: 'none' | 'jwt';
}

/** @throws Error that names the variable and what it may be */
export function readSettings(environment: Environment = process.env): LocalSettings {
  const host = read('host', environment) ?? '127.0.0.1';
  const auth = read('auth', environment) ?? 'none';
  if (auth !== 'none' && auth !== 'jwt') throw new Error(`PATCHBAY_AUTH must be none or jwt, not ${auth}`);
  if (auth === 'none' && !isLoopback(host)) {
    throw new Error(`without auth the server listens on loopback only, not on ${host}: set PATCHBAY_AUTH=jwt`);
  }
  const controller = read('controller', environment) ?? 'own';
  if (controller !== 'own' && controller !== 'elsewhere') {
    throw new Error(`PATCHBAY_CONTROLLER must be own or elsewhere, not ${controller}`);
  }
  const seed = read('reorderSeed', environment);
  return {
    host,
    port: readInteger('port', 3000, {}, environment),
    dataDir: resolve(read('dataDir', environment) ?? '.patchbay'),
    dynamodbEndpoint: read('dynamodbEndpoint', environment),
    janusUrls: readList('janusUrl', environment),
    freeswitchUrls: readList('freeswitchUrl', environment),
    hasController: controller === 'own',
    ...mediaOf(host, read('publicIp', environment)),
    allowedNetworks: readAllowedNetworks(environment) ?? nearNetworks(host),
    reorderSeed:
      seed === undefined ? undefined : readInteger('reorderSeed', 0, { max: Number.MAX_SAFE_INTEGER }, environment),
    auth,
  };
}

/**
 * Plain RTP is on loopback where the console is on loopback only, and Janus is asked to keep WebRTC there too (Janus 1.1
 * passes loopback over when it gathers, and takes the other interfaces, ICE's credentials guarding them); else media is
 * on every interface.
 */
function mediaOf(host: string, publicIp: string | undefined): MediaAddresses {
  if (publicIp !== undefined) {
    if (isIP(publicIp) === 0) throw new Error(`PATCHBAY_PUBLIC_IP must be an IP address, not ${publicIp}`);
    return mediaAddressesOf(publicIp);
  }
  if (isLoopback(host)) return mediaAddressesOf('127.0.0.1');
  return { ...mediaAddressesOf(outsideAddress()), iceInterfaces: [] };
}

/** A browser on this machine has these addresses; where others may come, they come from the networks that it is in. */
function nearNetworks(host: string): string[] {
  const rules = addressRules({ own: [], allowed: [] });
  const addressOf = (network: string) => network.split('/')[0] ?? '';
  const own = ownNetworks();
  const outside = own.filter((network) => rules.refusal(addressOf(network)) === undefined);
  return ['127.0.0.0/8', '::1', ...own.map(addressOf), ...(isLoopback(host) ? [] : outside)];
}
