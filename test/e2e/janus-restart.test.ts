import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, type Ended, type PatchbayClient, PatchbayError } from '../../lib/client/index.ts';
import { mediaAddressesOf } from '../../lib/engines/media-addresses.ts';
import { type LocalJanus, startJanus } from '../../lib/local/janus.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { descendants } from '../support/processes.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { grows, until } from '../support/until.ts';
import { connectClient, openTone, rtpBytes, startEcho, type Tone } from '../support/wrtc.ts';

let tone: Tone;

beforeAll(() => {
  tone = openTone();
});

afterAll(() => tone?.stop());

const mediaFlows = (call: Call) => grows('audio that comes back', () => rtpBytes(call.peerConnection, 'inbound'), 1000);

describe('Janus is killed during three calls', () => {
  let stack: TestStack;
  let clients: PatchbayClient[];
  let calls: Call[];
  let endings: Promise<Ended[]>;
  let killedAtMs: number;
  let before: Map<string, number>;

  const byName = () =>
    new Map(
      descendants(stack.pid)
        .toSorted((a, b) => a.pid - b.pid)
        .map(({ pid, name }, at) => [name === 'janus' ? name : `${name} ${at}`, pid]),
    );
  const othersOf = (all: Map<string, number>) => [...all].filter(([name]) => name !== 'janus').map(([, pid]) => pid);

  beforeAll(async () => {
    stack = await startTestStack();
    clients = await Promise.all([1, 2, 3].map(() => connectClient(stack.api)));
    calls = await Promise.all(clients.map((client) => startEcho(client, tone)));
    await Promise.all(calls.map(mediaFlows));
    before = byName();
    endings = Promise.all(calls.map((call) => new Promise<Ended>((resolve) => call.onEnded(resolve))));
    killedAtMs = performance.now();
    process.kill(stack.janus.pid, 'SIGKILL');
  });

  afterAll(async () => {
    for (const client of clients ?? []) client.close();
    await stack?.stop();
  });

  test('each client is told janus_session_down within 10 s', async () => {
    expect((await endings).map(({ reason, code }) => ({ reason, code }))).toEqual(
      Array(3).fill({ reason: 'janus_session_down', code: 301003 }),
    );
    const tookMs = performance.now() - killedAtMs;
    console.info(`told after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(10_000);
  });

  test('no session is left in the list', async () => {
    for (const client of clients) {
      await until(
        'the list is empty',
        async () => (await client.request('session/get_list', {})).sessions.length === 0,
      );
    }
  });

  test('the next call works on the same connection', async () => {
    const [client] = clients;
    if (!client) throw new Error('no client');
    const call = await until('a call starts', () =>
      startEcho(client, tone).catch((error: unknown) => {
        // Until the engine is up again.
        if (error instanceof PatchbayError && error.reason === 'no_mediaserver') return undefined;
        throw error;
      }),
    );
    await mediaFlows(call);
    await call.hangUp();
    await until('no handle is left', async () => (await janusHandles(stack.janus)).length === 0);
  });

  test('Janus was started again, and nothing else', async () => {
    const after = byName();
    expect(after.get('janus')).toBeGreaterThan(0);
    expect(after.get('janus')).not.toBe(before.get('janus'));
    expect(othersOf(after)).toEqual(othersOf(before));
    expect(othersOf(after)).toContain(stack.controller.pid);
    expect(stack.process.exitCode).toBeNull();
  });
});

/** Between controller and Janus: can cut all connections, and refuse new ones for a while. */
class Wire {
  connections = 0;
  isDown = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(port: number) {
    this.#server = createServer((near) => {
      if (this.isDown) {
        near.destroy();
        return;
      }
      this.connections += 1;
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

describe('only the WebSocket to Janus is cut', () => {
  let folder: string;
  let janus: LocalJanus;
  let wire: Wire;
  let stack: TestStack;
  let client: PatchbayClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patchbay-test-janus-'));
    await mkdir(join(folder, 'logs'));
    janus = await startJanus(folder, mediaAddressesOf('127.0.0.1'));
    wire = new Wire(Number(new URL(janus.url).port));
    stack = await startTestStack({ PATCHBAY_JANUS_URL: `ws://127.0.0.1:${await wire.listen()}` });
    client = await connectClient(stack.api);
  });

  afterAll(async () => {
    client?.close();
    await stack?.stop();
    wire?.close();
    await janus?.child.stop(2000);
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const reclaimed = () =>
    until(
      'the session is claimed',
      async () => (await stack.controllerLog()).split('janus is up').length - 1 === wire.connections,
    );

  test('media flows on, and the claimed session takes update_media and destroy', async () => {
    const call = await startEcho(client, tone);
    await mediaFlows(call);
    const connections = wire.connections;
    wire.cut();
    await mediaFlows(call);
    await until('the controller connects again', () => wire.connections === connections + 1);
    await reclaimed();
    await mediaFlows(call);
    expect(call.ended).toBeUndefined();
    expect(await call.updateMedia({ mute_audio: true })).toEqual({ mute_audio: true });
    expect(await call.updateMedia({ mute_audio: false })).toEqual({ mute_audio: true });
    await mediaFlows(call);
    expect((await client.request('session/get_list', {})).sessions.map(({ session_id }) => session_id)).toEqual([
      call.sessionId,
    ]);
    await call.hangUp();
    await until('no handle is left', async () => (await janusHandles(janus)).length === 0);
  });

  test('a call that is hung up while Janus is out of reach leaves no handle once it is back', async () => {
    const [leaving, staying] = [await startEcho(client, tone), await startEcho(client, tone)];
    await mediaFlows(leaving);
    wire.isDown = true;
    wire.cut();
    await until('the controller notices', async () => (await stack.controllerLog()).includes('janus connection lost'));
    await leaving.hangUp();
    expect(leaving.ended?.reason).toBe('user_stop');
    expect(await janusHandles(janus)).toHaveLength(2);
    wire.isDown = false;
    await until('one handle is left', async () => (await janusHandles(janus)).length === 1);
    await mediaFlows(staying);
    expect(staying.ended).toBeUndefined();
    await staying.hangUp();
    await until('no handle is left', async () => (await janusHandles(janus)).length === 0);
  });
});
