import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { JanusAddress } from '../backends/janus/url.ts';
import { writeJanusConfig } from '../engines/janus-config.ts';
import type { MediaAddresses } from '../engines/media-addresses.ts';
import { type Child, findProgram } from './child.ts';
import { engineChild } from './engine-child.ts';
import { freePorts } from './ports.ts';

export interface LocalJanus {
  readonly url: string;
  /** With all that the controller needs to know of it. */
  readonly address: JanusAddress;
  readonly adminUrl: string;
  readonly adminSecret: string;
  readonly child: Child;
}

/**
 * A Janus of our own, on free loopback ports, from its own configuration folder; started again when it dies.
 *
 * @throws Error when Janus is not installed
 */
export async function startJanus(dataDir: string, media: MediaAddresses): Promise<LocalJanus> {
  if (!(await findProgram('janus')))
    throw new Error('janus is not installed: apt-get install janus, or set PATCHBAY_JANUS_URL');
  const [wsPort = 0, adminPort = 0] = await freePorts(2);
  const folder = resolve(dataDir, 'janus');
  const adminSecret = randomBytes(18).toString('base64url');
  await writeJanusConfig({ folder, wsPort, adminPort, adminSecret, ...media });

  const child = await engineChild({ name: 'janus', folder, logFile: join(dataDir, 'logs', 'janus.log') });
  child.start();
  const url = `ws://127.0.0.1:${wsPort}`;
  const adminUrl = `ws://127.0.0.1:${adminPort}`;
  const address = { url, admin: { url: adminUrl, secret: adminSecret } };
  return { url, address, adminUrl, adminSecret, child };
}
