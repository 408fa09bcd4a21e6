import { fileURLToPath } from 'node:url';
import { Child, findProgram } from './child.ts';

/**
 * An engine of our own, started by the script of its container; started again when it dies.
 *
 * @param folder with its configuration
 */
export async function engineChild(engine: {
  readonly name: 'janus' | 'freeswitch';
  readonly folder: string;
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Child> {
  const script = fileURLToPath(new URL(`../../infra/containers/${engine.name}/start`, import.meta.url));
  // Where util-linux has it, setpriv lets the kernel end the engine with us, even when we are killed.
  const setpriv = await findProgram('setpriv');
  const [command = '', ...args] = setpriv
    ? [setpriv, '--pdeathsig', 'KILL', script, engine.folder]
    : [script, engine.folder];
  return new Child({ name: engine.name, command, args, logFile: engine.logFile, env: engine.env ?? {} });
}
