import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { formatFreeSwitchUrl, parseFreeSwitchUrl } from '../backends/freeswitch/url.ts';
import { formatJanusUrl, parseJanusUrl } from '../backends/janus/url.ts';
import { writeFreeSwitchVariables } from '../engines/freeswitch-config.ts';
import { writeJanusConfig } from '../engines/janus-config.ts';
import { type MediaAddresses, mediaAddressesOf } from '../engines/media-addresses.ts';
import { type Environment, read } from '../env.ts';
import { defaultRunDir, nodeFiles, readEnvironment, writeEnvironment } from './node-files.ts';
import { findPublicAddress } from './public-address.ts';
import type { Patience } from './retried.ts';
import { readTask } from './task.ts';

/** On loopback, all of them; only a task that has more than one node in it wants others. */
const ports = { janus: 8188, janusAdmin: 7188, esl: 8021, sip: 5060 };
const host = '127.0.0.1';

export interface ConfigureOptions {
  readonly environment?: Environment;
  readonly ports?: typeof ports;
  readonly patience?: Patience;
}

export interface Configured extends MediaAddresses {
  readonly nodeId: string | undefined;
}

/**
 * Makes a node of a task's containers: finds out who and where it is, and writes what its engines and its controller are
 * told at their start. Those that run already have been told their secrets: they stay as they are.
 *
 * @throws Error that says what could not be found out
 */
export async function configure({
  environment = process.env,
  ports: at = ports,
  patience,
}: ConfigureOptions = {}): Promise<Configured> {
  const files = nodeFiles(read('runDir', environment) ?? defaultRunDir);
  const task = await readTask(environment, patience);
  const media = mediaAddressesOf(await findPublicAddress(environment, patience), task?.privateAddress);
  await mkdir(files.environment, { recursive: true, mode: 0o700 });
  const before = await readEnvironment(files.environment, ['janusUrl', 'freeswitchUrl']);

  const nodeId = read('nodeId', environment) ?? task?.id;
  const nodeHost = read('nodeHost', environment) ?? task?.privateAddress;
  // A node drains when one of another release is up, so each revision of the task is another release.
  const release = task && [read('release', environment), task.definition].filter(Boolean).join(' ');
  await writeEnvironment(files.environment, {
    ...(nodeId !== undefined && { nodeId }),
    ...(nodeHost !== undefined && { nodeHost }),
    ...(release !== undefined && { release }),
    publicIp: media.mediaAddress,
    janusUrl: given('janusUrl', environment) ?? (await ownJanus(files.janus, media, at, before)),
    freeswitchUrl: given('freeswitchUrl', environment) ?? (await ownFreeSwitch(files.freeswitch, media, at, before)),
  });
  return { nodeId, ...media };
}

/** An engine elsewhere; `none`: no such engine at all. */
function given(name: 'janusUrl' | 'freeswitchUrl', environment: Environment): string | undefined {
  const url = read(name, environment);
  return url === 'none' ? '' : url;
}

/** Configures the task's own Janus. Returns where it is, with its secrets. */
async function ownJanus(folder: string, media: MediaAddresses, at: typeof ports, before: Environment): Promise<string> {
  const known = attempt(() => parseJanusUrl(read('janusUrl', before) ?? ''));
  const apiSecret = known?.apiSecret ?? newSecret();
  const adminSecret = known?.admin?.secret ?? newSecret();
  await writeJanusConfig({ folder, wsPort: at.janus, adminPort: at.janusAdmin, apiSecret, adminSecret, ...media });
  const admin = { url: `ws://${host}:${at.janusAdmin}`, secret: adminSecret };
  return formatJanusUrl({ url: `ws://${host}:${at.janus}`, apiSecret, admin });
}

/** Configures the task's own FreeSWITCH. Returns where it is, with its password. */
async function ownFreeSwitch(
  folder: string,
  { localAddress }: MediaAddresses,
  at: typeof ports,
  before: Environment,
): Promise<string> {
  const password = attempt(() => parseFreeSwitchUrl(read('freeswitchUrl', before) ?? ''))?.password ?? newSecret();
  const address = { host, eslPort: at.esl, password, sipPort: at.sip };
  await writeFreeSwitchVariables({
    folder,
    eslPort: at.esl,
    eslPassword: password,
    sipPort: at.sip,
    localAddress,
    // Of the container, whose output is its log.
    logFile: '/dev/stdout',
  });
  return formatFreeSwitchUrl(address);
}

const newSecret = () => randomBytes(24).toString('base64url');

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
