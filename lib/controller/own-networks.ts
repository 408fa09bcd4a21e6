import { networkInterfaces } from 'node:os';
import { type AddressRules, addressRules } from '../domain/addresses.ts';
import { parseNetwork } from '../domain/ip-address.ts';
import { type Environment, readList, variables } from '../env.ts';

/** The networks of this machine's interfaces, each as its own address and a prefix: `10.20.0.7/16`. */
export const ownNetworks = (): string[] =>
  Object.values(networkInterfaces()).flatMap((list) => (list ?? []).flatMap(({ cidr }) => cidr ?? []));

/**
 * What the operator lists; undefined when nothing is set.
 *
 * @throws Error that names the variable and the entry
 */
export function readAllowedNetworks(environment: Environment = process.env): string[] | undefined {
  const list = readList('allowedNetworks', environment);
  const wrong = list.find((entry) => !parseNetwork(entry));
  if (wrong !== undefined) {
    throw new Error(
      `${variables.allowedNetworks} must list IP addresses or networks such as 10.0.0.0/8, by comma, not ${wrong}`,
    );
  }
  return list.length === 0 ? undefined : list;
}

/** The rules of this node. @throws Error as `readAllowedNetworks` */
export const readAddressRules = (environment: Environment = process.env): AddressRules =>
  addressRules({ own: ownNetworks(), allowed: readAllowedNetworks(environment) ?? [] });
