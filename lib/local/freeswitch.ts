import { randomBytes } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type FreeSwitchAddress, formatFreeSwitchUrl } from '../backends/freeswitch/url.ts';
import { writeFreeSwitchVariables } from '../engines/freeswitch-config.ts';
import { read, variables } from '../env.ts';
import { type Child, findProgram } from './child.ts';
import { engineChild } from './engine-child.ts';
import { freePorts } from './ports.ts';

export interface LocalFreeSwitch {
  /** `esl://:PASSWORD@127.0.0.1:PORT?sip=127.0.0.1:PORT`, as in `PATCHBAY_FREESWITCH_URL`. */
  readonly url: string;
  readonly address: FreeSwitchAddress;
  readonly child: Child;
}

const host = '127.0.0.1';

/**
 * A FreeSWITCH of our own, on free loopback ports, from its own configuration folder; started again when it dies, on the
 * same ports and with the same certificate. It is up some seconds later.
 *
 * @param media where media is, and which addresses it may go to beside the one that stands for every client
 * @returns undefined when FreeSWITCH is not installed
 * @throws Error when `PATCHBAY_FREESWITCH_BIN` names no program
 */
export async function startFreeSwitch(
  dataDir: string,
  media: { readonly localAddress: string; readonly candidateNetworks?: readonly string[] },
): Promise<LocalFreeSwitch | undefined> {
  const freeSwitch = await findFreeSwitch();
  if (!freeSwitch) return undefined;
  const [eslPort = 0, sipPort = 0] = await freePorts(2);
  const folder = resolve(dataDir, 'freeswitch');
  const password = randomBytes(18).toString('base64url');
  const logFile = resolve(dataDir, 'logs', 'freeswitch.log');
  await writeFreeSwitchVariables({
    folder,
    eslPort,
    eslPassword: password,
    sipPort,
    localAddress: media.localAddress,
    candidateNetworks: media.candidateNetworks ?? [],
    logFile,
  });
  const env = { [variables.freeswitchBin]: freeSwitch };
  const child = await engineChild({ name: 'freeswitch', folder, logFile, env });
  child.start();
  const address = { host, eslPort, password, sipPort };
  return { url: formatFreeSwitchUrl(address), address, child };
}

async function findFreeSwitch(): Promise<string | undefined> {
  const named = read('freeswitchBin');
  if (named === undefined) return findProgram('freeswitch');
  try {
    await access(named, constants.X_OK);
  } catch {
    throw new Error(`${variables.freeswitchBin} must be the program freeswitch; ${named} cannot be run`);
  }
  return resolve(named);
}
