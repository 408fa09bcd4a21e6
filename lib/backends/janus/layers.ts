import * as z from 'zod/mini';
import type { HandleInfo } from './admin.ts';
import type { JanusConnection } from './connection.ts';
import type { JanusHandle } from './handle.ts';
import type { PublishSession } from './publish.ts';
import { configureStreams } from './room-requests.ts';
import type { HeardStream } from './streams.ts';

/** Layers' bitrates change with what the publisher's network can do. */
const everyMs = 5000;
/** A publisher heeds no second request for a keyframe within 300 ms, and without one Janus does not go up. */
const againMs = 1000;
const highest = { substream: 2, temporal: 2 };

type Surroundings = Pick<JanusConnection, 'clock' | 'handleInfo'>;

/**
 * Which of a publisher's simulcast layers a listener with a bitrate limit gets: the heaviest under the limit, measured
 * again now and then; the lightest when none is.
 */
export class LayerChoice {
  readonly #connection: Surroundings;
  readonly #handle: Pick<JanusHandle, 'request'>;
  #limitBps: number;
  #publisher: Pick<PublishSession, 'handle'> | undefined;
  #mids: readonly string[] = [];
  #cancel: () => void = () => {};
  /** Counts what was asked for: an answer to an earlier question is of no interest. */
  #round = 0;
  #isStopped = false;

  constructor(connection: Surroundings, handle: Pick<JanusHandle, 'request'>, limitBps: number) {
    this.#connection = connection;
    this.#handle = handle;
    this.#limitBps = limitBps;
  }

  /** The publisher is another one, with layers or without. Never throws: what does not work out is tried again. */
  async follow(publisher: Pick<PublishSession, 'handle'>, heard: readonly HeardStream[]): Promise<void> {
    this.#drop();
    this.#publisher = publisher;
    this.#mids = heard.filter(({ active, simulcast }) => active && simulcast !== undefined).map(({ mid }) => mid);
    if (this.#limitBps > 0 && this.#mids.length > 0) await this.#choose(this.#round).catch(() => {});
  }

  /** @returns whether there are layers to choose from */
  async limit(bps: number): Promise<boolean> {
    this.#drop();
    this.#limitBps = bps;
    if (this.#mids.length === 0) return false;
    if (bps > 0) await this.#choose(this.#round);
    else await this.#lift();
    return true;
  }

  /** Nothing is asked or chosen any more. */
  stop(): void {
    this.#isStopped = true;
    this.#drop();
  }

  #drop(): void {
    this.#round += 1;
    this.#cancel();
  }

  async #choose(round: number): Promise<void> {
    const info = this.#publisher && (await this.#connection.handleInfo(this.#publisher.handle));
    if (round !== this.#round) return;
    try {
      await this.#configure({ ...highest, substream: highestUnder(this.#limitBps, layerBitratesBps(info)) });
    } finally {
      this.#later(round, everyMs, () => this.#choose(round));
    }
  }

  async #lift(): Promise<void> {
    await this.#configure(highest);
    this.#later(this.#round, againMs, () => this.#configure(highest));
  }

  #later(round: number, afterMs: number, job: () => Promise<void>): void {
    if (round !== this.#round || this.#isStopped) return;
    this.#cancel = this.#connection.clock.after(afterMs, () => void job().catch(() => {}));
  }

  async #configure(layer: { readonly substream: number; readonly temporal: number }): Promise<void> {
    await this.#handle.request(configureStreams(this.#mids.map((mid) => ({ mid, ...layer }))));
  }
}

/**
 * Which layer is the heaviest that is not over the limit, or the lightest when all are. By weight, not by place: which
 * end of the list is the best is the client's word. One without bitrate is not being sent; 0 when none is.
 */
export function highestUnder(limitBps: number, layersBps: readonly number[]): number {
  const byWeight = layersBps.map((bps, at) => ({ bps, at })).filter(({ bps }) => bps > 0);
  byWeight.sort((a, b) => a.bps - b.bps);
  return (byWeight.findLast(({ bps }) => bps <= limitBps) ?? byWeight[0])?.at ?? 0;
}

const inbound = z.object({
  bytes_lastsec: z.optional(z.number()),
  'video-simulcast-1': z.optional(z.object({ bytes_lastsec: z.optional(z.number()) })),
  'video-simulcast-2': z.optional(z.object({ bytes_lastsec: z.optional(z.number()) })),
});
const publisherInfo = z.object({
  webrtc: z.object({
    media: z.record(z.string(), z.object({ type: z.string(), stats: z.object({ in: inbound }) })),
  }),
});

/** What a publisher sends of each simulcast layer of its first video, the lowest first. */
export function layerBitratesBps(info: HandleInfo | undefined): number[] {
  const parsed = publisherInfo.safeParse(info);
  if (!parsed.success) return [];
  const video = Object.values(parsed.data.webrtc.media).find(({ type }) => type === 'video')?.stats.in;
  if (!video) return [];
  return [video, video['video-simulcast-1'], video['video-simulcast-2']].map(
    (layer) => 8 * (layer?.bytes_lastsec ?? 0),
  );
}
