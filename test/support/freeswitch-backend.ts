import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaSpec, RoomSpec } from '../../lib/backends/backend.ts';
import { FreeSwitchBackend } from '../../lib/backends/freeswitch/backend.ts';
import { type ChannelRow, readChannels } from '../../lib/backends/freeswitch/listing.ts';
import type { FreeSwitchAddress } from '../../lib/backends/freeswitch/url.ts';
import { type Clock, systemClock } from '../../lib/domain/clock.ts';
import { CuttableSockets } from './cuttable-sockets.ts';
import { EslWire } from './freeswitch/esl-wire.ts';
import { type FreeSwitchDouble, startFreeSwitchDouble } from './freeswitch/freeswitch-double.ts';
import { type RealFreeSwitch, startRealFreeSwitch } from './freeswitch/real.ts';
import { mediaSpec as janusMediaSpec, roomSpec as janusRoomSpec } from './janus-backend.ts';
import { keptLog } from './kept-log.ts';
import { until } from './until.ts';

export type EngineKind = 'double' | 'real';

/** FreeSWITCH is in no package archive: where there is one, tests run on it too. */
export const engineKinds: readonly EngineKind[] = process.env.PATCHBAY_FREESWITCH_BIN ? ['double', 'real'] : ['double'];

/** How long one takes to be there. */
export const engineStartMs = 60_000;

/** A FreeSWITCH and our backend before it, without the rest of patchbay. */
export interface FreeSwitchBench {
  readonly kind: EngineKind;
  readonly folder: string;
  readonly address: FreeSwitchAddress;
  /** What the backend logged, as JSON. */
  readonly log: string[];
  /** Connections of backends, to be cut. */
  readonly sockets: CuttableSockets;
  /** To be steered; throws on a real one. */
  readonly double: FreeSwitchDouble;
  /** A backend of ours on it; stopped at the end. */
  connect(options?: { readonly nodeId?: string; readonly clock?: Clock }): Promise<FreeSwitchBackend>;
  /** Asks FreeSWITCH itself, past any backend. */
  ask(command: string): Promise<string>;
  channels(): Promise<ChannelRow[]>;
  /** How often FreeSWITCH invited a client anew, which nobody would answer who has lost the connection. */
  reinvites(): number;
  /** Waits until it has so many: its list lags behind. */
  hasChannels(count: number): Promise<void>;
  /** Ends the process with all its calls; another one comes up in its place. */
  killEngine(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFreeSwitchBench(kind: EngineKind): Promise<FreeSwitchBench> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay tests of FreeSWITCH '));
  const engine = kind === 'double' ? await startFreeSwitchDouble() : await startRealFreeSwitch();
  const { eslPort, sipPort, password } = engine;
  const address: FreeSwitchAddress = { host: '127.0.0.1', eslPort, sipPort, password };
  const sockets = new CuttableSockets();
  const backends: FreeSwitchBackend[] = [];
  const { lines, log } = keptLog();
  const ask = async (command: string) => {
    const wire = await sockets.spare(() => EslWire.login(eslPort, password));
    try {
      return await wire.api(command);
    } finally {
      wire.close();
    }
  };
  const channels = async () => readChannels(await ask('show channels as json'));
  return {
    kind,
    folder,
    address,
    log: lines,
    sockets,
    get double() {
      if (isDouble(engine)) return engine;
      throw new Error('a real FreeSWITCH cannot be steered');
    },
    async connect({ nodeId = 'bench', clock = systemClock } = {}) {
      const backend = new FreeSwitchBackend({
        address,
        nodeId,
        publicAddress: '127.0.0.1',
        clock,
        log,
        random: Math.random,
        onChange: () => {},
      });
      backends.push(backend);
      backend.start();
      await until('FreeSWITCH is up', () => backend.engine().up);
      return backend;
    },
    ask,
    channels,
    reinvites: () => sockets.received(sipPort).match(/^INVITE (?:.+\r\n)*?To: .*;tag=/gm)?.length ?? 0,
    async hasChannels(count) {
      await until(`${count} channels`, async () => (await channels()).length === count);
    },
    killEngine: () => killed(engine),
    async stop() {
      for (const backend of backends) await backend.stop();
      sockets.stop();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The double stays away for about as long as a real one takes to start. */
const restartMs = 1500;

async function killed(engine: FreeSwitchDouble | RealFreeSwitch): Promise<void> {
  await engine.kill();
  if (isDouble(engine)) setTimeout(() => void engine.restart(), restartMs);
}

const isDouble = (engine: FreeSwitchDouble | RealFreeSwitch): engine is FreeSwitchDouble => 'restart' in engine;

/** Named as the controller names them: by uuids. */
export const mediaSpec = (spec: Parameters<typeof janusMediaSpec>[0]): MediaSpec => ({
  ...janusMediaSpec(spec),
  mediaId: randomUUID(),
});

export const roomSpec = (spec: Partial<RoomSpec> = {}): RoomSpec => ({
  ...janusRoomSpec(spec),
  mediaId: randomUUID(),
});
