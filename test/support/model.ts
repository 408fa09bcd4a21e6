import fc from 'fast-check';
import { expect } from 'vitest';
import { kick, mute } from '../../lib/controller/room/commands.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import { type Gathered, RecordingFiles } from '../../lib/recordings/recording-files.ts';
import { moderator } from './callers.ts';
import { flush } from './clock.ts';
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
  override async adopt(): Promise<void> {}
  override async close(): Promise<Gathered> {
    return { bytes: 1, refused: [] };
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

/** What a moderator does to members: mutes one for the whole room or lets it be heard again, and kicks one. */
export const moderating = <System extends { readonly node: TestNode }>(
  roomId: fc.Arbitrary<string>,
  id: fc.Arbitrary<string>,
): readonly [fc.Arbitrary<Step<System>>, fc.Arbitrary<Step<System>>] => [
  fc.tuple(roomId, id, fc.boolean()).map(
    ([room_id, sessionId, audio]) =>
      new Step<System>(`${room_id}: mute ${sessionId}, ${audio}`, ({ node }) => {
        const room = node.rooms.find(moderator(), room_id);
        return mute(room, room.member(sessionId), { audio });
      }),
  ),
  fc.tuple(roomId, id).map(
    ([room_id, sessionId]) =>
      new Step<System>(`${room_id}: kick ${sessionId}`, ({ node }) => {
        const room = node.rooms.find(moderator(), room_id);
        return kick(room, room.member(sessionId));
      }),
  ),
];

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

/** A system under test that starts empty or with some who are at home already. */
interface Inhabited {
  moveIn(): Promise<unknown>;
  run(work: () => unknown): void;
  check(): void;
  finish(): Promise<void>;
}

/**
 * Runs random steps on fresh systems. Half of the steps are under way together with the next one; time passes only when
 * all is done.
 */
export function assertModel<System extends Inhabited>(
  make: () => System,
  step: fc.Arbitrary<Step<System>>,
  time: fc.Arbitrary<Step<System>>,
  { stepsPerTime, runs }: { readonly stepsPerTime: number; readonly runs: number },
): Promise<void> {
  const steps = fc.array(
    fc.oneof({ weight: stepsPerTime, arbitrary: fc.tuple(step, fc.boolean()) }, fc.tuple(time, fc.constant(true))),
    { minLength: 3, maxLength: 40, size: 'max' },
  );
  return fc.assert(
    fc.asyncProperty(fc.boolean(), steps, async (isEmpty, all) => {
      const system = make();
      if (!isEmpty) await system.moveIn();
      for (const [{ run }, isQuiet] of all) {
        system.run(() => run(system));
        if (!isQuiet) continue;
        await flush();
        system.check();
      }
      await system.finish();
    }),
    { numRuns: runs },
  );
}
