import type { Engine } from '../domain/placement.ts';
import type { Candidate } from '../protocol/candidate.ts';
import type { PatchbayError } from '../protocol/errors.ts';
import type { SessionStatus } from '../protocol/events.ts';
import type { Applied, BackendKind, Description, MediaChange, MediaState, SessionType } from '../protocol/session.ts';

/**
 * What a media engine must be able to do for the controller. Janus, FreeSWITCH and p2p are siblings behind it: the
 * controller knows sessions, a backend knows its engine.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** How this engine stands now; kept fresh, costs nothing. */
  engine(): Engine;
  /** Begins to connect and keeps at it until `stop`; never throws because the engine is away. */
  start(): void;
  /** Ends every media session and connection; resolves when nothing is left. */
  stop(): Promise<void>;
  /**
   * A media session, without any I/O yet.
   *
   * @throws PatchbayError no_mediaserver when the engine is down
   */
  open(spec: MediaSpec, sink: MediaSink): MediaSession;
}

export interface MediaSpec {
  /** For logs and engines' own names; engines never see the client's id. */
  readonly mediaId: string;
  readonly type: SessionType;
  readonly media: MediaState;
}

/**
 * One session's media on an engine. Calls come one after another: the live session's queue sees to it. A method that is
 * missing is something that this session does not do: without `acceptOffer` and `makeOffer` both SDPs come from clients.
 * Every method may throw PatchbayError.
 */
export interface MediaSession {
  /** As offeree: hands the client's offer to the engine and returns its answer, with all candidates. */
  acceptOffer?(offer: Description): Promise<Description>;
  /** As offerer: makes the offer, with all candidates. */
  makeOffer?(): Promise<Description>;
  /** As offerer: hands the client's answer to the engine. */
  acceptAnswer?(answer: Description): Promise<void>;
  /** Hands the client's candidates to the engine. Without it they are for the session's peer. */
  addCandidates?(candidates: readonly Candidate[]): Promise<void>;
  endCandidates?(): Promise<void>;
  /** Changes what the client may send; returns what took effect, field by field. */
  updateMedia?(change: MediaChange): Promise<Applied>;
  /** Frees all that the engine holds for it. May be called at any time and again; never throws. */
  close(): Promise<void>;
}

/** What an engine tells of one session, in the order in which it happened. */
export interface MediaSink {
  status(status: SessionStatus): void;
  /** The media ended by itself: why. Nothing follows. */
  stopped(why: PatchbayError): void;
}
