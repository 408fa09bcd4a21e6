import { networkInterfaces } from 'node:os';

/** On which addresses an engine's media is. */
export interface MediaAddresses {
  /** The one that clients are given. */
  readonly mediaAddress: string;
  /** The one of this machine on which it comes in: another one where the first leads here through a one-to-one NAT. */
  readonly localAddress: string;
  /** Interfaces or addresses that ICE uses; all when empty. */
  readonly iceInterfaces: readonly string[];
}

/**
 * @param mediaAddress what clients are given
 * @param localAddress where it leads when it is no address of this machine; the one by which others are reached if missing
 */
export function mediaAddressesOf(mediaAddress: string, localAddress = outsideAddress()): MediaAddresses {
  if (isLoopback(mediaAddress)) return { mediaAddress, localAddress: mediaAddress, iceInterfaces: ['lo'] };
  const own = isOwn(mediaAddress) ? mediaAddress : localAddress;
  return { mediaAddress, localAddress: own, iceInterfaces: [own] };
}

/**
 * The first IPv4 address of this machine by which others reach it; loopback where there is none. A task of ECS has a
 * link-local one beside it, to ask for its credentials.
 */
export function outsideAddress(): string {
  const outside = ownAddresses().find(
    ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
  );
  return outside?.address ?? '127.0.0.1';
}

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Whether an engine's host is this machine: by its media's address the media of one elsewhere would come to the wrong place. */
export const isHere = (host: string): boolean => isLoopback(host) || isOwn(host);

const isOwn = (address: string) => ownAddresses().some((one) => one.address === address);
const ownAddresses = () => Object.values(networkInterfaces()).flatMap((list) => list ?? []);
