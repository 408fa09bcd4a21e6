/** What is received, or what is sent. */
export type StatsWay = 'in' | 'out';

/** What `getStats` counted at one moment; counters go up from the start of the call. */
export interface StatsSample {
  readonly atMs: number;
  readonly audioBytes: number;
  readonly videoBytes: number;
  readonly packetsLost: number;
  /** Decoded, or encoded. */
  readonly frames: number;
  readonly framesPerSecond: number | undefined;
  readonly roundTripMs: number | undefined;
}

/** What the page shows of two samples. */
export interface LiveStats {
  readonly audioKbps: number;
  readonly videoKbps: number;
  readonly packetsLost: number;
  /** Decoded, or encoded. */
  readonly frames: number;
  readonly framesPerSecond: number | undefined;
  readonly roundTripMs: number | undefined;
}

const names = {
  in: { rtp: 'inbound-rtp', bytes: 'bytesReceived', frames: 'framesDecoded', losses: 'inbound-rtp' },
  // What was lost on its way, the far side reports.
  out: { rtp: 'outbound-rtp', bytes: 'bytesSent', frames: 'framesEncoded', losses: 'remote-inbound-rtp' },
} as const;

/** Reads the standard's names (W3C WebRTC Statistics); engines and browsers leave some out. */
export function readSample(report: RTCStatsReport, way: StatsWay, atMs: number): StatsSample {
  const rows = [...report.values()].map((row: unknown) => new Row(row));
  const { rtp, bytes, frames, losses } = names[way];
  const ofType = (type: string) => rows.filter((row) => row.text('type') === type);
  const audio = ofType(rtp).filter((row) => row.text('kind') === 'audio');
  const video = ofType(rtp).filter((row) => row.text('kind') === 'video');
  const pair = ofType('candidate-pair').find((row) => row.isTrue('nominated'));
  const roundTripSeconds = pair?.number('currentRoundTripTime');
  return {
    atMs,
    audioBytes: sum(audio, bytes),
    videoBytes: sum(video, bytes),
    packetsLost: sum(ofType(losses), 'packetsLost'),
    frames: sum(video, frames),
    framesPerSecond: video[0]?.number('framesPerSecond'),
    roundTripMs: roundTripSeconds === undefined ? undefined : roundTripSeconds * 1000,
  };
}

export function compare(before: StatsSample, now: StatsSample): LiveStats {
  const elapsedMs = Math.max(1, now.atMs - before.atMs);
  // bytes × 8 / ms = kbit/s
  const kbps = (bytes: number) => Math.max(0, (bytes * 8) / elapsedMs);
  return {
    audioKbps: kbps(now.audioBytes - before.audioBytes),
    videoKbps: kbps(now.videoBytes - before.videoBytes),
    packetsLost: now.packetsLost,
    frames: now.frames,
    framesPerSecond: now.framesPerSecond,
    roundTripMs: now.roundTripMs,
  };
}

const sum = (rows: readonly Row[], name: string) => rows.reduce((total, row) => total + (row.number(name) ?? 0), 0);

/** One row of a report, whose types TypeScript leaves open. */
class Row {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(row: unknown) {
    this.#values = new Map(Object.entries(row ?? {}));
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  isTrue(name: string): boolean {
    return this.#values.get(name) === true;
  }
}
