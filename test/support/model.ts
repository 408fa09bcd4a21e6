import fc from 'fast-check';
import { expect } from 'vitest';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import { RecordingFiles } from '../../lib/recordings/recording-files.ts';
import type { TestNode } from './test-node.ts';

/** What model-based tests share: steps with names, stores that fail, and what holds for the events of any object. */

/** Recordings of which nothing is kept. */
export class NoFiles extends RecordingFiles {
  constructor() {
    super('', 'http://files');
  }
  override async open(recordingId: string, part: number): Promise<string> {
    return `${recordingId}/${part}`;
  }
  override async close(): Promise<number> {
    return 1;
  }
  override async discard(): Promise<void> {}
}

/** One thing that happens; a counterexample shows its name. */
export class Step<System> {
  readonly name: string;
  readonly run: (system: System) => unknown;

  constructor(name: string, run: (system: System) => unknown) {
    this.name = name;
    this.run = run;
  }

  [fc.toStringMethod](): string {
    return `\n  ${this.name}`;
  }
}

/** The store: there, slow, or away. */
export type Store = 'there' | 'slow' | 'away';
export const stores: readonly Store[] = ['there', 'slow', 'away'];
const storeIsAway = new Error('the store is away');

/** A node, what is under way on it, and what went wrong. */
export class ModelNode {
  readonly node: TestNode;
  /** What is under way, or waits. */
  readonly running: Promise<void>[] = [];
  pending = 0;
  readonly faults: unknown[] = [];
  /** End the slowness of the store. */
  readonly #letGo = { world: () => {}, roomWorld: () => {} };

  constructor(node: TestNode) {
    this.node = node;
  }

  /** Everything that is under way together is refused with an error of ours, or done: nothing else may come of it. */
  run(work: () => unknown): void {
    const isExpected = (error: unknown) =>
      error instanceof PatchbayError ? error.reason !== 'internal_error' : error === storeIsAway;
    this.pending += 1;
    const running = (async () => work())().catch((error: unknown) => isExpected(error) || this.faults.push(error));
    this.running.push(
      running.then(() => {
        this.pending -= 1;
      }),
    );
  }

  setStore(of: 'world' | 'roomWorld', store: Store): void {
    this.#letGo[of]();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#letGo[of] = resolve;
    if (store === 'there') resolve();
    const claiming = store === 'away' ? Promise.reject(storeIsAway) : promise;
    claiming.catch(() => {});
    this.node[of].claiming = claiming;
  }
}

export const typesOf = (events: readonly PatchbayEvent[]): string[] => events.map(({ type }) => type);

/** `created` first, `destroyed` last, no gap in between. */
export function inOrder(events: readonly PatchbayEvent[]): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events[0]?.type).toBe('created');
  const end = typesOf(events).indexOf('destroyed');
  expect([-1, events.length - 1]).toContain(end);
}

/** Who has started in a room, and not stopped, as its events tell. */
export function seenIn(events: readonly PatchbayEvent[]): string[] {
  const seen = new Set<string>();
  for (const { type, body } of events) {
    const id = String(body.session_id);
    if (type === 'started_member') {
      expect(seen.has(id)).toBe(false);
      seen.add(id);
    }
    if (type === 'stopped_member') expect(seen.delete(id)).toBe(true);
  }
  return [...seen];
}
