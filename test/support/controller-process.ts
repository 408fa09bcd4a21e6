import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Variable, variables } from '../../lib/env.ts';

const main = fileURLToPath(new URL('../../lib/controller/main.ts', import.meta.url));

export interface ControllerProcess {
  readonly process: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it logged. */
  log(): string;
  /** Ends it as nobody can object to. */
  kill(): Promise<void>;
}

/** A media controller in a process of its own, as it runs in a container; resolves when it is up. */
export async function startControllerProcess(
  settings: Readonly<Partial<Record<Variable, string>>>,
): Promise<ControllerProcess> {
  const env = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [variables[name as Variable], value ?? '']),
  );
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  const exited: ControllerProcess['exited'] = new Promise((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const up = new Promise<void>((resolve) => child.once('message', () => resolve()));
  const early = exited.then(({ code }) => {
    throw new Error(`the controller ended with ${code}:\n${log}`);
  });
  await Promise.race([up, early]);
  early.catch(() => {});
  return {
    process: child,
    exited,
    log: () => log,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
