import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { type FreeSwitchAddress, formatFreeSwitchUrl } from '../backends/freeswitch/url.ts';
import { read, variables } from '../env.ts';
import { Child, findProgram } from './child.ts';
import { writeFreeSwitchConfig } from './freeswitch-config.ts';
import { freePorts } from './ports.ts';

export interface LocalFreeSwitch {
  /** `esl://:PASSWORD@127.0.0.1:PORT?sip=127.0.0.1:PORT`, as in `PATCHBAY_FREESWITCH_URL`. */
  readonly url: string;
  readonly address: FreeSwitchAddress;
  readonly child: Child;
}

const host = '127.0.0.1';
/** Below those of Janus' plain RTP, and those that the kernel gives to others. */
const rtpPorts = { first: 16_384, last: 19_998 };
/** The candidate's address that stands for every client: one that leads nowhere. RFC 5737. */
const placeholderAddress = '192.0.2.99';
/** Whatever it writes goes to the data folder: where it is installed it may only read. */
const folders = [
  ...['conf', 'log', 'db', 'run', 'certs', 'storage', 'temp', 'recordings', 'cache'],
  ...['scripts', 'sounds', 'htdocs', 'grammar'],
];

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
  media: { readonly mediaAddress: string; readonly candidateNetworks?: readonly string[] },
): Promise<LocalFreeSwitch | undefined> {
  const freeSwitch = await findFreeSwitch();
  if (!freeSwitch) return undefined;
  const [eslPort = 0, sipPort = 0] = await freePorts(2);
  const folder = resolve(dataDir, 'freeswitch');
  const folderOf = (name: string) => join(folder, name);
  const password = randomBytes(18).toString('base64url');
  const logFile = resolve(dataDir, 'logs', 'freeswitch.log');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFreeSwitchConfig({
    folder: folderOf('conf'),
    eslPort,
    eslPassword: password,
    sipPort,
    mediaAddress: isOwn(media.mediaAddress) ? media.mediaAddress : 'auto',
    candidateNetworks: [placeholderAddress, ...(media.candidateNetworks ?? [])],
    rtpPorts,
    logFile,
  });
  await Promise.all(folders.map((name) => mkdir(folderOf(name), { recursive: true })));
  // For protocols that patchbay does not speak. Where it is there, FreeSWITCH does not spend seconds on making it.
  await writeFile(join(folderOf('certs'), 'wss.pem'), '', { flag: 'a' });

  // In the foreground, without a console, without asking routers for ports, and without real-time priority: it shares
  // this machine.
  const args = ['-nf', '-nc', '-nonat', '-np', ...folders.flatMap((name) => [`-${name}`, folderOf(name)])];
  // Where util-linux has it, setpriv lets the kernel end FreeSWITCH with us, even when we are killed.
  const setpriv = await findProgram('setpriv');
  const child = new Child({
    name: 'freeswitch',
    command: setpriv ?? freeSwitch,
    args: setpriv ? ['--pdeathsig', 'KILL', freeSwitch, ...args] : args,
    logFile,
  });
  child.start();
  const address = { host, eslPort, password, sipPort };
  return { url: formatFreeSwitchUrl(address), address, child };
}

/** Media is received on an address of this machine; a public one that only leads to it is the controller's to tell. */
const isOwn = (address: string) =>
  Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));

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
