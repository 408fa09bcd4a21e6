import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaSink, MediaSpec, RoomSpec } from '../../lib/backends/backend.ts';
import { JanusBackend } from '../../lib/backends/janus/backend.ts';
import type { JanusAddress } from '../../lib/backends/janus/url.ts';
import { type Clock, systemClock } from '../../lib/domain/clock.ts';
import { mediaAddressesOf } from '../../lib/engines/media-addresses.ts';
import { type LocalJanus, startJanus } from '../../lib/local/janus.ts';
import type { PatchbayError } from '../../lib/protocol/errors.ts';
import type { SessionStatus } from '../../lib/protocol/events.ts';
import { keptLog } from './kept-log.ts';
import { until } from './until.ts';

/** A real Janus and our backend before it, without the rest of patchbay. */
export interface JanusBench {
  readonly folder: string;
  readonly janus: LocalJanus;
  /** What the backend logged, as JSON. */
  readonly log: string[];
  /** A backend of ours on it; stopped at the end. */
  connect(options?: {
    readonly address?: JanusAddress;
    readonly nodeId?: string;
    readonly clock?: Clock;
  }): Promise<JanusBackend>;
  stop(): Promise<void>;
}

export async function startJanusBench(): Promise<JanusBench> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-test-janus-'));
  await mkdir(join(folder, 'logs'));
  const janus = await startJanus(folder, mediaAddressesOf('127.0.0.1'));
  const backends: JanusBackend[] = [];
  const { lines, log } = keptLog();
  return {
    folder,
    janus,
    log: lines,
    async connect({ address = janus.address, nodeId = 'bench', clock = systemClock } = {}) {
      const backend = new JanusBackend({
        address,
        nodeId,
        clientCandidates: 'pass',
        clock,
        log,
        random: Math.random,
        onChange: () => {},
      });
      backends.push(backend);
      backend.start();
      await until('Janus is up', () => backend.engine().up);
      return backend;
    },
    async stop() {
      for (const backend of backends) await backend.stop();
      await janus.child.stop(2000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A sink that keeps what it is told. */
export class KeptSink implements MediaSink {
  readonly statuses: SessionStatus[] = [];
  why: PatchbayError | undefined;
  /** How often it was told of the end: once at the most. */
  ends = 0;

  status(status: SessionStatus): void {
    this.statuses.push(status);
  }

  stopped(why: PatchbayError): void {
    this.why = why;
    this.ends += 1;
  }
}

const openMedia = { mute_audio: false, mute_video: false, mute_data: false, bitrate: 0 };
let made = 0;

/** What a session or room is opened with: named by us, all media open. */
export const mediaSpec = (spec: Omit<Partial<MediaSpec>, 'mediaId'> & Pick<MediaSpec, 'type'>): MediaSpec => {
  made += 1;
  return { mediaId: `media-${made}`, media: openMedia, ...spec };
};

export const roomSpec = (spec: Partial<RoomSpec> = {}): RoomSpec => {
  made += 1;
  return {
    mediaId: `room-${made}`,
    audioCodec: 'opus',
    videoCodec: 'vp8',
    bitrateBps: 0,
    maxPublishers: 10,
    ...spec,
  };
};

export { openMedia };
