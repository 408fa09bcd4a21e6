import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type {
  Backend,
  MediaRecorder,
  MediaRoom,
  MediaSession,
  MediaSink,
  MediaSpec,
  RoomSink,
  RoomSpec,
} from '../../lib/backends/backend.ts';
import type { Engine } from '../../lib/domain/placement.ts';
import type { Candidate } from '../../lib/protocol/candidate.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import type { Applied, BackendKind, Description, MediaChange, MediaState } from '../../lib/protocol/session.ts';
import { answer, offer } from './sdp.ts';

/** A recorder that notes what it was asked for, and leaves a file as an engine would, unless nobody looks at it. */
export class FakeRecorder implements MediaRecorder {
  readonly #leavesFiles: boolean;
  /** The bases that it was given. */
  readonly started: string[] = [];
  stopped = 0;
  /** What the next start fails with. */
  failure: Error | undefined;
  /** What a stop fails with, once there are files. */
  stopFailure: Error | undefined;

  constructor(leavesFiles = true) {
    this.#leavesFiles = leavesFiles;
  }

  async start(base: string): Promise<void> {
    if (this.failure) throw this.failure;
    this.started.push(base);
  }

  async stop(): Promise<void> {
    this.stopped += 1;
    const base = this.started.at(-1);
    // What does not name a place is of files that nobody keeps.
    if (base === undefined || !this.#leavesFiles || !isAbsolute(base)) return;
    await mkdir(dirname(base), { recursive: true });
    await writeFile(`${base}-audio.mjr`, 'x'.repeat(1000));
    if (this.stopFailure) throw this.stopFailure;
  }
}

/** One session's media, as the test has it behave: which methods it has depends on the session's type. */
export class FakeMedia implements MediaSession {
  readonly spec: MediaSpec;
  readonly sink: MediaSink;
  readonly changes: MediaChange[] = [];
  /** The candidates that it was given, and `end`. */
  readonly trickled: string[] = [];
  /** The publishers that it was turned to. */
  readonly heard: MediaSession[] = [];
  readonly recorder: FakeRecorder;
  /** Of a session that patchbay answers. */
  readonly acceptOffer?: (offer: Description) => Promise<Description | undefined>;
  /** Of a session that patchbay offers to. */
  readonly makeOffer?: () => Promise<Description>;
  readonly acceptAnswer?: (answer: Description) => Promise<Description | undefined>;
  readonly farOffer?: () => Promise<Description>;
  readonly changePublisher?: (publisher: MediaSession) => Promise<Description | undefined>;
  /** The client's offer, and its answer. */
  offer: Description | undefined;
  answer: Description | undefined;
  /** How often it was closed. */
  closed = 0;
  /** What is refused of each change. */
  refuses: Applied = {};
  /** What it cannot change at all. */
  lacks: readonly (keyof MediaState)[] = [];
  /** What the next changes fail with. */
  failure: Error | undefined;
  /** What making the offer fails with, and what taking the client's answer does. */
  offerFailure: Error | undefined;
  answerFailure: Error | undefined;
  /** The offer with which the next change of publisher has to be answered. */
  newOffer: Description | undefined;
  readonly #answering = Promise.withResolvers<Description>();

  constructor(spec: MediaSpec, sink: MediaSink, recorder = new FakeRecorder()) {
    this.spec = spec;
    this.sink = sink;
    this.recorder = recorder;
    // Not everybody waits for it.
    this.#answering.promise.catch(() => {});
    const isSlave = spec.type === 'proxy' && spec.master !== undefined;
    if (spec.type === 'listen' || isSlave || spec.offers) {
      this.makeOffer = async () => {
        if (this.offerFailure) throw this.offerFailure;
        return { ...offer, sdp_type: spec.offers?.sdpType ?? 'webrtc' };
      };
      this.acceptAnswer = async (given) => {
        if (this.answerFailure) throw this.answerFailure;
        this.answer = given;
        return isSlave ? answer : undefined;
      };
    } else {
      this.acceptOffer = (given) => {
        this.offer = given;
        return spec.type === 'proxy' ? Promise.resolve(undefined) : this.#answering.promise;
      };
    }
    if (spec.type === 'proxy' && !spec.master) this.farOffer = async () => offer;
    if (spec.type === 'listen') {
      this.changePublisher = async (publisher) => {
        if (this.failure) throw this.failure;
        this.heard.push(publisher);
        return this.newOffer;
      };
    }
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
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(given.map(([field]) => [field, true])), ...this.refuses };
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

/** A room, as the test has it behave. */
export class FakeRoom implements MediaRoom {
  readonly spec: RoomSpec;
  readonly sink: RoomSink;
  made = 0;
  closed = 0;
  /** What making it fails with. */
  failure: Error | undefined;

  constructor(spec: RoomSpec, sink: RoomSink) {
    this.spec = spec;
    this.sink = sink;
  }

  async make(): Promise<void> {
    this.made += 1;
    if (this.failure) throw this.failure;
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

/** An engine without media. It answers at once, unless `answers` is set to `later`. */
export class FakeBackend implements Backend {
  readonly kind: BackendKind;
  readonly name: string;
  passesCandidates = true;
  readonly opened: FakeMedia[] = [];
  readonly rooms: FakeRoom[] = [];
  up = true;
  answers: 'now' | 'later' = 'now';
  /** Whether its recorders do. */
  leavesFiles = true;
  /** What making the next rooms fails with, and the next offers. */
  roomFailure: Error | undefined;
  offerFailure: Error | undefined;
  started = 0;
  stopped = 0;

  constructor(kind: BackendKind = 'janus', name = `${kind}-1`) {
    this.kind = kind;
    this.name = name;
  }

  /** The newest session's media. */
  get media(): FakeMedia {
    return newest(this.opened);
  }

  /** The newest room. */
  get room(): FakeRoom {
    return newest(this.rooms);
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
    return this.opens(new FakeMedia(spec, sink, new FakeRecorder(this.leavesFiles)));
  }

  protected opens<M extends FakeMedia>(media: M): M {
    if (!this.up) throw new PatchbayError('no_mediaserver', `${this.name} is down`);
    if (this.answers === 'now') media.answers();
    media.offerFailure = this.offerFailure;
    this.opened.push(media);
    return media;
  }

  openRoom(spec: RoomSpec, sink: RoomSink): FakeRoom {
    return this.opensRoom(new FakeRoom(spec, sink));
  }

  protected opensRoom<R extends FakeRoom>(room: R): R {
    room.failure = this.roomFailure;
    this.rooms.push(room);
    return room;
  }
}

/** The last of what was opened. */
export function newest<T>(all: readonly T[]): T {
  const last = all.at(-1);
  if (!last) throw new Error('nothing was opened');
  return last;
}
