import { writeFile } from 'node:fs/promises';
import type { Log } from '../domain/log.ts';
import { canTakeCalls, type Engine } from '../domain/placement.ts';
import { settle } from './settle.ts';

/**
 * That the node could take calls once, told to the health check of its container by a file: a release that never comes so
 * far is found out. Nothing takes the file away, and it outlives the process: what fails later must not end calls.
 */
export class Served {
  readonly #file: string | undefined;
  readonly #log: Log;
  #isMade = false;

  /** @param file undefined: nobody asks for it */
  constructor(file: string | undefined, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** The node's record tells of these engines. */
  async listed(engines: readonly Engine[]): Promise<void> {
    if (this.#file === undefined || this.#isMade || !canTakeCalls(engines)) return;
    this.#isMade = true;
    const { error } = await settle(writeFile(this.#file, '', { mode: 0o600 }));
    if (!error) return;
    this.#isMade = false;
    this.#log.error({ err: error }, 'the health check was not told that calls can be taken');
  }
}
