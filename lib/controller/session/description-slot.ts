import type { Clock } from '../../domain/clock.ts';
import { withCandidates } from '../../domain/trickle.ts';
import type { Candidate } from '../../protocol/candidate.ts';
import type { Description } from '../../protocol/session.ts';
import { Waiter } from './waiter.ts';

/**
 * A session's offer, or its answer.
 *
 * ```
 *  empty ──── put ─────────────────────────────────────▶ known
 *    │ └───── collect ──▶ collecting ──── finish ─────────▲ │
 *    ▲──────────────────────── renew ────────────────────────┘
 * ```
 */
export class DescriptionSlot {
  readonly known: Waiter<Description>;
  #collecting: { readonly description: Description; readonly candidates: Candidate[] } | undefined;

  constructor(clock: Clock, what: 'offer' | 'answer') {
    this.known = new Waiter(clock, what);
  }

  get state(): 'empty' | 'collecting' | 'known' {
    if (this.known.value) return 'known';
    return this.#collecting ? 'collecting' : 'empty';
  }

  put(description: Description): void {
    this.#collecting = undefined;
    this.known.set(description);
  }

  /** Another description will take this one's place. */
  renew(): void {
    this.known.renew();
  }

  /** Keeps the description back until its candidates are there. */
  collect(description: Description): void {
    this.#collecting = { description, candidates: [] };
  }

  /** While collecting. */
  add(candidates: readonly Candidate[]): void {
    this.#collecting?.candidates.push(...candidates);
  }

  /**
   * The description with what was collected; undefined when nothing was being collected.
   *
   * @throws PatchbayError no_ice_candidates
   */
  collected(): Description | undefined {
    const { description, candidates } = this.#collecting ?? {};
    return description && withCandidates(description, candidates ?? []);
  }
}
