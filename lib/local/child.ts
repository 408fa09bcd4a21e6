import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where its output goes. */
  readonly logFile: string;
  /** A Node process of ours: it hears over a channel when this process is gone, and may send one message when it is ready. */
  readonly channel?: boolean;
  readonly onMessage?: (message: unknown) => void;
  /** Told at each start, with the process' id. */
  readonly onStart?: (pid: number) => void;
}

const restartMs = { first: 100, most: 5000, calm: 10_000 };

/** A process that is started again whenever it ends, until it is stopped. */
export class Child {
  readonly #options: ChildOptions;
  readonly #log: WriteStream;
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #delayMs = restartMs.first;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const { command, args, env, channel, name, onMessage, onStart } = this.#options;
    const startedAt = Date.now();
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      // A process group of its own: Ctrl-C reaches this process only, which ends the others in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])],
    });
    this.#process = child;
    child.stdout?.pipe(this.#log, { end: false });
    child.stderr?.pipe(this.#log, { end: false });
    if (onMessage) child.on('message', onMessage);
    if (child.pid !== undefined) onStart?.(child.pid);
    child.on('error', (error) => console.error(`${name}: ${error.message}`));
    child.on('close', (code, signal) => {
      this.#process = undefined;
      if (this.#stopping) return;
      if (Date.now() - startedAt > restartMs.calm) this.#delayMs = restartMs.first;
      console.error(`${name} ended (${signal ?? code}), starting it again; its log: ${this.#options.logFile}`);
      this.#restart = setTimeout(() => this.start(), this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, restartMs.most);
    });
  }

  /** Asks it to end, and ends it if it has not after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#process;
    if (child) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(late);
    }
    await new Promise<void>((resolve) => this.#log.end(resolve));
  }
}

/** Where a program is on PATH, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
