import type { Engine } from '../domain/placement.ts';
import type { Candidate } from '../protocol/candidate.ts';
import type { PatchbayError } from '../protocol/errors.ts';
import type { SessionStatus } from '../protocol/events.ts';
import type { AudioCodec, VideoCodec } from '../protocol/room.ts';
import type {
  Applied,
  BackendKind,
  Description,
  MediaChange,
  MediaState,
  SdpType,
  SessionType,
} from '../protocol/session.ts';

/**
 * What a media engine must be able to do for the controller. Janus, FreeSWITCH and p2p are siblings behind it: the
 * controller knows sessions and rooms, a backend knows its engine.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** Whether the engine is given clients' ICE candidates, and so may send where they say. */
  readonly passesCandidates: boolean;
  /** How this engine stands now; kept fresh, costs nothing. */
  engine(): Engine;
  /** Begins to connect and keeps at it until `stop`; never throws because the engine is away. */
  start(): void;
  /** Ends every media session, room and connection; resolves when nothing is left. */
  stop(): Promise<void>;
  /**
   * A media session, without any I/O yet.
   *
   * @throws PatchbayError no_mediaserver when the engine is down
   */
  open(spec: MediaSpec, sink: MediaSink): MediaSession;
  /**
   * A room, without any I/O yet. Missing where the engine has none.
   *
   * @throws PatchbayError no_mediaserver when the engine is down
   */
  openRoom?(spec: RoomSpec, sink: RoomSink): MediaRoom;
}

export interface MediaSpec {
  /** For logs and engines' own names; engines never see the client's id. */
  readonly mediaId: string;
  readonly type: SessionType;
  readonly media: MediaState;
  /** `proxy`, the master: the kinds of SDP on its client's side and on the far side. */
  readonly kinds?: { readonly near: SdpType; readonly far: SdpType };
  /** `proxy`, the slave: the media of its master, of the same backend. */
  readonly master?: MediaSession;
  /** `publish` and `listen`: the room that it is in, of the same backend. */
  readonly room?: MediaRoom;
  /** `listen`: the media of the publisher that it hears first. */
  readonly publisher?: MediaSession;
  /** As offerer: what is offered. */
  readonly offers?: { readonly sdpType: SdpType; readonly hasVideo: boolean };
}

/** What a session's media may become where its engine can: the types that a session can be changed to. */
export type MediaPlace =
  | { readonly type: 'park' | 'echo' }
  | { readonly type: 'mcu'; readonly room: MediaRoom }
  /** Both become each other's peer; whoever either was connected with is parked. */
  | { readonly type: 'bridge'; readonly peer: MediaSession };

/**
 * One session's media on an engine. Calls come one after another: the live session's queue sees to it. A method that is
 * missing is something that this session does not do: without `acceptOffer` and `makeOffer` both SDPs come from clients.
 * Every method may throw PatchbayError.
 */
export interface MediaSession {
  /**
   * As offeree: hands the client's offer to the engine and returns its answer, with all candidates; undefined where the
   * answer is made only when the far side has answered (`proxy`).
   */
  acceptOffer?(offer: Description): Promise<Description | undefined>;
  /** As offerer: makes the offer, with all candidates. */
  makeOffer?(): Promise<Description>;
  /** As offerer: hands the client's answer to the engine. Returns the answer that the engine makes of it for the master. */
  acceptAnswer?(answer: Description): Promise<Description | undefined>;
  /** `proxy`, the master: the offer for the far side, as soon as the engine has made it. */
  farOffer?(): Promise<Description>;
  /** `listen`: hears another publisher from now on. Returns a new offer where the client has to answer anew. */
  changePublisher?(publisher: MediaSession): Promise<Description | undefined>;
  /**
   * Makes another type of it; resolves when the engine has confirmed that, fails in time when it does not. One that is
   * refused leaves it parked, and so are all that it touched; `invalid_state`: nothing was touched yet.
   */
  changeType?(to: MediaPlace): Promise<void>;
  /** @throws PatchbayError while the engine cannot be asked to change its type: nothing is to be begun then */
  requireReach?(): void;
  /** Hands the client's candidates to the engine. Without it they are for the session's peer. */
  addCandidates?(candidates: readonly Candidate[]): Promise<void>;
  endCandidates?(): Promise<void>;
  /** Changes what the client may send, or for `listen` what it is sent; returns what took effect, field by field. */
  updateMedia?(change: MediaChange): Promise<Applied>;
  /** What it cannot change, and so is never in force. What hangs on the SDPs counts once they are known. */
  readonly lacks?: readonly (keyof MediaState)[];
  /** Writes what its client sends to files. Missing where that cannot be recorded. */
  readonly recorder?: MediaRecorder;
  /** Frees all that the engine holds for it, closes its files first. May be called at any time and again; never throws. */
  close(): Promise<void>;
}

/** The one recorder of a media session. */
export interface MediaRecorder {
  /** @param base the files' common beginning, an absolute path: the engine appends what each file holds */
  start(base: string): Promise<void>;
  /**
   * Resolves when the files are complete.
   *
   * @throws PatchbayError when the engine does not say so: then nobody knows
   */
  stop(): Promise<void>;
}

/** What an engine tells of one session, in the order in which it happened. */
export interface MediaSink {
  status(status: SessionStatus): void;
  /** The media ended by itself: why. Nothing follows. */
  stopped(why: PatchbayError): void;
}

export interface RoomSpec {
  /** The engine's own name for it. */
  readonly mediaId: string;
  readonly audioCodec: AudioCodec;
  readonly videoCodec: VideoCodec;
  /** What each publisher may send at the most; 0: unlimited. */
  readonly bitrateBps: number;
  readonly maxPublishers: number;
  /** `mcu`: by which of the engine's profiles it is made, and how its picture is arranged at first. */
  readonly profile?: string;
  readonly layout?: string;
}

/** A room on an engine. */
export interface MediaRoom {
  readonly spec: RoomSpec;
  /** Makes it, once; later calls get the same promise. @throws PatchbayError */
  make(): Promise<void>;
  /** `mcu`: arranges its picture, now or when its first member comes. @throws PatchbayError invalid_value, naming the known ones */
  setLayout?(name: string): Promise<void>;
  /** `mcu`: writes the mix to a file. */
  readonly recorder?: MediaRecorder;
  /** Ends it on the engine. May be called at any time and again; never throws. */
  close(): Promise<void>;
}

export interface RoomSink {
  /** The engine has lost the room: why. Nothing follows. */
  stopped(why: PatchbayError): void;
}
