import { backoffMs } from '../domain/backoff.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { Timers } from './timers.ts';

/** Whether scale-in and deployments pass this node over. */
export interface Protection {
  /** As far as ECS has said so. */
  readonly isOn: boolean;
  /** ECS might stop the node, calls and all: it has not said that it will not. */
  readonly isMissing: boolean;
  /** ECS refused it because as many tasks are protected as there are to be. */
  readonly isBlocked: boolean;
  /** From now on it is to be on or off; what fails is tried again. */
  want(on: boolean): void;
  /** What is wanted, and refused so far, is asked for again now: there are calls. */
  hurry(): void;
  /** Asks for nothing any more. */
  stop(): void;
}

/** Where no ECS runs the node, nothing is to be passed over. */
const noProtection: Protection = {
  isOn: false,
  isMissing: false,
  isBlocked: false,
  want: () => {},
  hurry: () => {},
  stop: () => {},
};

/** @param agentUrl where ECS' agent is; undefined where there is none */
export const protectionOf = (agentUrl: string | undefined, options: Omit<ProtectionOptions, 'agentUrl'>): Protection =>
  agentUrl === undefined ? noProtection : new TaskProtection({ ...options, agentUrl });

/** ECS' own default is 2 h; less, so that a node that hangs does not block a deployment for long. */
const expiresInMinutes = 60;
const renewMs = 15 * 60_000;
const backoff = { baseMs: 1000, maxMs: 60_000 };
const answerMs = 10_000;

interface ProtectionOptions {
  /** `ECS_AGENT_URI`, which ECS sets in each container. */
  readonly agentUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** It was switched on or off, or is blocked, or is not any more. */
  readonly onChange: () => void;
}

/**
 * ECS task scale-in protection, asked for at the agent's endpoint. It runs out by itself, so it is renewed while it is
 * wanted. ECS may refuse it for a while: `DEPLOYMENT_BLOCKED` while other protected tasks hold a deployment up.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
class TaskProtection implements Protection {
  readonly #options: ProtectionOptions;
  readonly #timers: Timers<'next'>;
  #wanted: boolean | undefined;
  #isOn = false;
  #isBlocked = false;
  /** When ECS last granted it. */
  #grantedAtMs = 0;
  #failures = 0;
  #asking = false;
  #stopped = false;

  constructor(options: ProtectionOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  get isMissing(): boolean {
    return !this.#isOn;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  want(on: boolean): void {
    if (this.#wanted === on || this.#stopped) return;
    this.#wanted = on;
    this.#failures = 0;
    this.#askNow();
  }

  hurry(): void {
    if (this.#wanted && !this.#isOn) this.#askNow();
  }

  stop(): void {
    this.#stopped = true;
    this.#timers.clear();
  }

  /** One request at a time: a second one could overtake the first. */
  #askNow(): void {
    this.#timers.cancel('next');
    if (this.#asking || this.#stopped) return;
    this.#asking = true;
    void this.#ask(this.#wanted ?? false).finally(() => {
      this.#asking = false;
    });
  }

  async #ask(on: boolean): Promise<void> {
    const { log, clock, random } = this.#options;
    const refusal = await this.#put(on);
    if (this.#stopped) return;
    if (refusal === undefined) {
      this.#failures = 0;
      if (on) this.#grantedAtMs = clock.nowMs();
      this.#became(on, false);
    } else {
      this.#failures += 1;
      log.warn({ protected: on, why: refusal, failures: this.#failures }, 'task protection refused, trying again');
      const hasRunOut = clock.nowMs() - this.#grantedAtMs >= expiresInMinutes * 60_000;
      const isOn = this.#isOn && !hasRunOut;
      this.#became(isOn, !isOn && on && refusal === 'DEPLOYMENT_BLOCKED');
    }
    if (this.#wanted !== on) this.#timers.set('next', 0, () => this.#askNow());
    else if (refusal !== undefined) {
      const waitMs = backoffMs(this.#failures - 1, backoff.baseMs, backoff.maxMs, random);
      this.#timers.set('next', waitMs, () => this.#askNow());
    } else if (on) this.#timers.set('next', renewMs, () => this.#askNow());
  }

  #became(on: boolean, isBlocked: boolean): void {
    if (this.#isOn === on && this.#isBlocked === isBlocked) return;
    if (this.#isOn !== on) this.#options.log.info({ protected: on }, 'task protection changed');
    this.#isOn = on;
    this.#isBlocked = isBlocked;
    this.#options.onChange();
  }

  /** @returns why not, or undefined: done. A refusal of ECS itself comes with status 200. */
  async #put(on: boolean): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.#options.agentUrl}/task-protection/v1/state`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(
          on ? { ProtectionEnabled: true, ExpiresInMinutes: expiresInMinutes } : { ProtectionEnabled: false },
        ),
        signal: AbortSignal.timeout(answerMs),
      });
      return refusalOf(response.status, await response.json(), on);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** `{protection}`, `{failure: {Reason}}` or `{error: {Code, Message}}`. */
function refusalOf(status: number, body: unknown, on: boolean): string | undefined {
  const part = (name: string, field: string): unknown => Reflect.get(Object(Reflect.get(Object(body), name)), field);
  if (part('protection', 'ProtectionEnabled') === on) return undefined;
  const reason = part('failure', 'Reason') ?? part('error', 'Code');
  return typeof reason === 'string' ? reason : `status ${status}`;
}
