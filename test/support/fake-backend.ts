import type { Backend, MediaSession, MediaSink, MediaSpec } from '../../lib/backends/backend.ts';
import type { Engine } from '../../lib/domain/placement.ts';
import type { Candidate } from '../../lib/protocol/candidate.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import type { Applied, BackendKind, Description, MediaChange } from '../../lib/protocol/session.ts';
import { answer } from './sdp.ts';

/** One session's media, as the test has it behave. */
export class FakeMedia implements MediaSession {
  readonly spec: MediaSpec;
  readonly sink: MediaSink;
  readonly changes: MediaChange[] = [];
  /** The candidates that it was given, and `end`. */
  readonly trickled: string[] = [];
  offer: Description | undefined;
  /** How often it was closed. */
  closed = 0;
  /** What is refused of each change. */
  refuses: Applied = {};
  /** What the next changes fail with. */
  failure: Error | undefined;
  readonly #answering = Promise.withResolvers<Description>();

  constructor(spec: MediaSpec, sink: MediaSink) {
    this.spec = spec;
    this.sink = sink;
  }

  acceptOffer(offer: Description): Promise<Description> {
    this.offer = offer;
    return this.#answering.promise;
  }

  /** The engine makes its answer. */
  answers(description: Description = answer): void {
    this.#answering.resolve(description);
  }

  /** The engine refuses the offer. */
  fails(error: unknown): void {
    this.#answering.reject(error);
  }

  async updateMedia(change: MediaChange): Promise<Applied> {
    this.changes.push(change);
    if (this.failure) throw this.failure;
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    return { ...given, ...this.refuses };
  }

  async addCandidates(candidates: readonly Candidate[]): Promise<void> {
    this.trickled.push(...candidates.map(({ candidate }) => candidate));
  }

  async endCandidates(): Promise<void> {
    this.trickled.push('end');
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

/** An engine without media. It answers at once, unless `answers` is set to `later`. */
export class FakeBackend implements Backend {
  readonly kind: BackendKind;
  readonly name: string;
  readonly opened: FakeMedia[] = [];
  up = true;
  answers: 'now' | 'later' = 'now';
  started = 0;
  stopped = 0;

  constructor(kind: BackendKind = 'janus', name = `${kind}-1`) {
    this.kind = kind;
    this.name = name;
  }

  /** The newest session's media. */
  get media(): FakeMedia {
    const media = this.opened.at(-1);
    if (!media) throw new Error('no media session was opened');
    return media;
  }

  engine(): Engine {
    const sessions = this.opened.filter(({ closed }) => closed === 0).length;
    return { kind: this.kind, name: this.name, version: '1', up: this.up, sessions };
  }

  start(): void {
    this.started += 1;
  }

  async stop(): Promise<void> {
    this.stopped += 1;
  }

  open(spec: MediaSpec, sink: MediaSink): FakeMedia {
    if (!this.up) throw new PatchbayError('no_mediaserver', `${this.name} is down`);
    const media = new FakeMedia(spec, sink);
    if (this.answers === 'now') media.answers();
    this.opened.push(media);
    return media;
  }
}
