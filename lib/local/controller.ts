import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Variable, variables } from '../env.ts';
import { Child } from './child.ts';

const script = fileURLToPath(new URL('../controller/main.ts', import.meta.url));

/** The media controller in a process of its own, started again at once when it dies, as on AWS. */
export function startController(dataDir: string, settings: Readonly<Partial<Record<Variable, string>>>): Child {
  const env = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [variables[name as Variable], value ?? '']),
  );
  const child = new Child({
    name: 'controller',
    command: process.execPath,
    args: ['--enable-source-maps', script],
    env,
    logFile: join(dataDir, 'logs', 'controller.log'),
    channel: true,
  });
  child.start();
  return child;
}
