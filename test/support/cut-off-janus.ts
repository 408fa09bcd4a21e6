import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { JanusBackend } from '../../lib/backends/janus/backend.ts';
import { CuttableProxy } from './cuttable-proxy.ts';
import { janusHandles, janusRooms } from './janus-admin.ts';
import { type JanusBench, startJanusBench } from './janus-backend.ts';
import { JanusStage } from './janus-stage.ts';
import { until } from './until.ts';

export interface CutOffJanus {
  readonly bench: JanusBench;
  /** Between the backend and Janus' WebSocket; what a test asks Janus goes straight. */
  readonly proxy: CuttableProxy;
  readonly janus: JanusBackend;
  readonly stage: JanusStage;
  /** Takes the WebSocket away; resolves when the backend has noticed. */
  goesAway(): Promise<void>;
  comesBack(): Promise<void>;
  /** The process. */
  readonly pid: number;
}

/**
 * For a file of tests: one Janus for all of them, and for each a backend that can be cut off from it, of which it leaves
 * nothing in Janus.
 */
export function useCutOffJanus(): CutOffJanus {
  let bench: JanusBench;
  let proxy: CuttableProxy;
  let janus: JanusBackend;
  let stage: JanusStage;
  beforeAll(async () => {
    bench = await startJanusBench();
  });
  afterAll(() => bench?.stop());
  beforeEach(async () => {
    proxy = await CuttableProxy.before(bench.janus.url);
    janus = await bench.connect({ address: { ...bench.janus.address, url: proxy.url } });
    stage = new JanusStage(janus);
  });
  afterEach(async () => {
    await stage.close();
    await janus.stop();
    await proxy.stop();
    expect(await janusHandles(bench.janus)).toEqual([]);
    expect(await janusRooms(bench.janus.url)).toEqual([]);
  });
  return {
    get bench() {
      return bench;
    },
    get proxy() {
      return proxy;
    },
    get janus() {
      return janus;
    },
    get stage() {
      return stage;
    },
    get pid() {
      const { pid } = bench.janus.child;
      if (pid === undefined) throw new Error('Janus does not run');
      return pid;
    },
    async goesAway() {
      proxy.cut();
      await until('the loss is noticed', () => !janus.engine().up);
    },
    async comesBack() {
      proxy.mend();
      await until('Janus is up again', () => janus.engine().up);
    },
  };
}
