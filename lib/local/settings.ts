import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { type Environment, read, readInteger, readList } from '../env.ts';

/** How the local stack was asked to run. */
export interface LocalSettings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly dynamodbEndpoint: string | undefined;
  readonly janusUrls: readonly string[];
  readonly mediaAddress: string;
  readonly iceInterfaces: readonly string[];
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
  const seed = read('reorderSeed', environment);
  return {
    host,
    port: readInteger('port', 3000, {}, environment),
    dataDir: resolve(read('dataDir', environment) ?? '.patchbay'),
    dynamodbEndpoint: read('dynamodbEndpoint', environment),
    janusUrls: readList('janusUrl', environment),
    ...mediaOf(host, read('publicIp', environment)),
    reorderSeed:
      seed === undefined ? undefined : readInteger('reorderSeed', 0, { max: Number.MAX_SAFE_INTEGER }, environment),
    auth,
  };
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Who can reach the console over loopback only gets media there too; else media is on every interface. */
function mediaOf(host: string, publicIp: string | undefined): Pick<LocalSettings, 'mediaAddress' | 'iceInterfaces'> {
  if (publicIp !== undefined) {
    if (isIP(publicIp) === 0) throw new Error(`PATCHBAY_PUBLIC_IP must be an IP address, not ${publicIp}`);
    return { mediaAddress: publicIp, iceInterfaces: isLoopback(publicIp) ? ['lo'] : [publicIp] };
  }
  if (isLoopback(host)) return { mediaAddress: '127.0.0.1', iceInterfaces: ['lo'] };
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  return { mediaAddress: outside?.address ?? '127.0.0.1', iceInterfaces: [] };
}
