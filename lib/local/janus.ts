import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { JanusAddress } from '../backends/janus/url.ts';
import { Child, findProgram } from './child.ts';
import { writeJanusConfig } from './janus-config.ts';
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
 * @param media where media is, and on which interfaces: see `JanusSettings`
 * @throws Error when Janus is not installed
 */
export async function startJanus(
  dataDir: string,
  media: { readonly mediaAddress: string; readonly iceInterfaces: readonly string[] },
): Promise<LocalJanus> {
  const janus = await findProgram('janus');
  if (!janus) throw new Error('janus is not installed: apt-get install janus, or set PATCHBAY_JANUS_URL');
  const [wsPort = 0, adminPort = 0] = await freePorts(2);
  const folder = resolve(dataDir, 'janus');
  const adminSecret = randomBytes(18).toString('base64url');
  await writeJanusConfig({ folder, wsPort, adminPort, adminSecret, ...media });

  // By names within its folder: in an argument Janus takes no letter beyond ASCII.
  const args = ['-C', 'janus.jcfg', '-F', '.'];
  // Where util-linux has it, setpriv lets the kernel end Janus with us, even when we are killed.
  const setpriv = await findProgram('setpriv');
  const child = new Child({
    name: 'janus',
    command: setpriv ?? janus,
    args: setpriv ? ['--pdeathsig', 'KILL', janus, ...args] : args,
    cwd: folder,
    logFile: join(dataDir, 'logs', 'janus.log'),
  });
  child.start();
  const url = `ws://127.0.0.1:${wsPort}`;
  const adminUrl = `ws://127.0.0.1:${adminPort}`;
  const address = { url, admin: { url: adminUrl, secret: adminSecret } };
  return { url, address, adminUrl, adminSecret, child };
}
