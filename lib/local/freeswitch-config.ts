import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FreeSwitchSettings {
  /** Where its configuration goes. */
  readonly folder: string;
  readonly eslPort: number;
  readonly eslPassword: string;
  readonly sipPort: number;
  /** The address of this machine that media is on, or `auto`: the one by which it reaches others. */
  readonly mediaAddress: string;
  /** Addresses and networks of candidates to which media may go. */
  readonly candidateNetworks: readonly string[];
  readonly rtpPorts: { readonly first: number; readonly last: number };
  readonly logFile: string;
}

/** The configuration that runs on AWS too; only `vars.xml` is ours to write. */
export const freeSwitchConfigDir = fileURLToPath(new URL('../../infra/containers/freeswitch/conf', import.meta.url));

const withPrefix = (network: string) =>
  network.includes('/') ? network : `${network}/${isIP(network) === 6 ? 128 : 32}`;

/** By the names that the configuration has for them. */
const variables = (settings: FreeSwitchSettings): Readonly<Record<string, string | number>> => ({
  esl_port: settings.eslPort,
  esl_password: settings.eslPassword,
  sip_port: settings.sipPort,
  first_rtp_port: settings.rtpPorts.first,
  last_rtp_port: settings.rtpPorts.last,
  media_address: settings.mediaAddress,
  candidate_networks: settings.candidateNetworks.map(withPrefix).join(),
  log_file: settings.logFile,
});

/** FreeSWITCH puts a value as it stands here into the other files, where it must be XML still. */
const escaped = (value: string | number) =>
  String(value).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const line = ([name, value]: readonly [string, string | number]) =>
  `  <X-PRE-PROCESS cmd="set" data="${name}=${escaped(value)}"/>\n`;

/** FreeSWITCH's configuration: the project's files, and beside them what is different here. */
export async function writeFreeSwitchConfig(settings: FreeSwitchSettings): Promise<void> {
  // Whatever file is in the folder would be read, one of an earlier release too.
  await rm(settings.folder, { recursive: true, force: true });
  await mkdir(settings.folder, { recursive: true, mode: 0o700 });
  await cp(freeSwitchConfigDir, settings.folder, { recursive: true });
  const lines = Object.entries(variables(settings)).map(line).join('');
  await writeFile(join(settings.folder, 'vars.xml'), `<include>\n${lines}</include>\n`, { mode: 0o600 });
}
