/** What `getStats` counted at one moment; counters go up from the start of the call. */
export interface StatsSample {
  readonly atMs: number;
  readonly audioBytes: number;
  readonly videoBytes: number;
  readonly packetsLost: number;
  readonly framesDecoded: number;
  readonly framesPerSecond: number | undefined;
  readonly roundTripMs: number | undefined;
}

/** What the page shows of two samples. */
export interface LiveStats {
  readonly audioKbps: number;
  readonly videoKbps: number;
  readonly packetsLost: number;
  readonly framesDecoded: number;
  readonly framesPerSecond: number | undefined;
  readonly roundTripMs: number | undefined;
}

/** Reads the standard's names (W3C WebRTC Statistics); engines and browsers leave some out. */
export function readSample(report: RTCStatsReport, atMs: number): StatsSample {
  const rows = [...report.values()].map((row: unknown) => new Row(row));
  const inbound = rows.filter((row) => row.text('type') === 'inbound-rtp');
  const audio = inbound.filter((row) => row.text('kind') === 'audio');
  const video = inbound.filter((row) => row.text('kind') === 'video');
  const pair = rows.find((row) => row.text('type') === 'candidate-pair' && row.isTrue('nominated'));
  const roundTripSeconds = pair?.number('currentRoundTripTime');
  return {
    atMs,
    audioBytes: sum(audio, 'bytesReceived'),
    videoBytes: sum(video, 'bytesReceived'),
    packetsLost: sum(inbound, 'packetsLost'),
    framesDecoded: sum(video, 'framesDecoded'),
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
    framesDecoded: now.framesDecoded,
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
