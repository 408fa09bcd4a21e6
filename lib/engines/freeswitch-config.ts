import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { mediaPorts } from './media-ports.ts';

export interface FreeSwitchSettings {
  /** Where it is told what is different here, and where all goes that it writes. */
  readonly folder: string;
  readonly eslPort: number;
  readonly eslPassword: string;
  readonly sipPort: number;
  /** The address of this machine on which media comes in. */
  readonly localAddress: string;
  /** Addresses and networks, beside the one that stands for every client, of candidates to which media may go. */
  readonly candidateNetworks?: readonly string[];
  readonly logFile: string;
}

/** The candidate's address that stands for every client: one that leads nowhere. RFC 5737. */
const placeholderAddress = '192.0.2.99';

const withPrefix = (network: string) =>
  network.includes('/') ? network : `${network}/${isIP(network) === 6 ? 128 : 32}`;

/** By the names that the configuration has for them. */
const variables = (settings: FreeSwitchSettings): Readonly<Record<string, string | number>> => ({
  esl_port: settings.eslPort,
  esl_password: settings.eslPassword,
  sip_port: settings.sipPort,
  first_rtp_port: mediaPorts.freeswitch.first,
  last_rtp_port: mediaPorts.freeswitch.last,
  media_address: settings.localAddress,
  candidate_networks: [placeholderAddress, ...(settings.candidateNetworks ?? [])].map(withPrefix).join(),
  log_file: settings.logFile,
});

/** FreeSWITCH puts a value as it stands here into the other files, where it must be XML still. */
const escaped = (value: string | number) =>
  String(value).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const line = ([name, value]: readonly [string, string | number]) =>
  `  <X-PRE-PROCESS cmd="set" data="${name}=${escaped(value)}"/>\n`;

/** What is different here from the project's own files, which `infra/containers/freeswitch/start` puts it beside. */
export async function writeFreeSwitchVariables(settings: FreeSwitchSettings): Promise<void> {
  await mkdir(settings.folder, { recursive: true, mode: 0o700 });
  const lines = Object.entries(variables(settings)).map(line).join('');
  await writeFile(join(settings.folder, 'vars.xml'), `<include>\n${lines}</include>\n`, { mode: 0o600 });
}
