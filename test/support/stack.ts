import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../lib/local/child.ts';

const main = fileURLToPath(new URL('../../lib/local/main.ts', import.meta.url));
const startMs = 30_000;

/** What the stack itself writes about where its parts are. */
export interface Whereabouts {
  readonly pid: number;
  readonly console: string;
  readonly api: string;
  readonly dynamodb: string;
  /** Undefined when the stack has none of its own. */
  readonly controller?: { readonly url: string; readonly pid: number };
  /** Undefined without one, and when the stack was pointed at somebody else's. */
  readonly freeswitch?: { readonly url: string; readonly pid: number };
  /** Undefined when the stack was pointed at somebody else's Janus. */
  readonly janus?: {
    readonly url: string;
    readonly adminUrl: string;
    readonly adminSecret: string;
    readonly pid: number;
  };
}

export interface TestStack extends Whereabouts {
  /** @throws Error when the stack has none of its own */
  readonly controller: NonNullable<Whereabouts['controller']>;
  /** @throws Error when the stack was pointed at somebody else's Janus */
  readonly janus: NonNullable<Whereabouts['janus']>;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** How the main process ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it printed. */
  output(): string;
  /** The controller's log so far. */
  controllerLog(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the local stack, as `bin/start` does, in a process of its own with a free port and its own data folder. */
export async function startTestStack(env: Readonly<Record<string, string>> = {}): Promise<TestStack> {
  // As people's folders are named.
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay tests (Jörg) '));
  // Where util-linux has it, setpriv lets the kernel end the stack with a test run that is killed.
  const setpriv = await findProgram('setpriv');
  const program = [process.execPath, main];
  const [command = '', ...args] = setpriv ? [setpriv, '--pdeathsig', 'TERM', ...program] : program;
  const child = spawn(command, args, {
    env: { ...process.env, PATCHBAY_PORT: '0', PATCHBAY_DATA_DIR: dataDir, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exited: TestStack['exited'] = new Promise((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(dataDir, { recursive: true, force: true });
  };
  const deadline = Date.now() + startMs;
  while (!output.includes('patchbay ready')) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`the local stack did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const whereabouts: Whereabouts = JSON.parse(await readFile(join(dataDir, 'stack.json'), 'utf8'));
  return {
    ...whereabouts,
    get controller() {
      if (!whereabouts.controller) throw new Error('this stack has no controller of its own');
      return whereabouts.controller;
    },
    get janus() {
      if (!whereabouts.janus) throw new Error('this stack has no Janus of its own');
      return whereabouts.janus;
    },
    dataDir,
    process: child,
    exited,
    output: () => output,
    controllerLog: () => readFile(join(dataDir, 'logs', 'controller.log'), 'utf8'),
    stop,
  };
}
